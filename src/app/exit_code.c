/* exit_code.c - see exit_code.h. */
#include "app/exit_code.h"

#include <signal.h>

/* A shell's code for a program that a signal ended. */
#define BY_SIGNAL(number) (128 + (number))

static const dc_exit_code codes[] = {
    {0, DCGAN_OK, "done"},
    {1, DCGAN_E_MEMORY, "not enough memory, or another failure"},
    {2, DCGAN_E_USAGE, "the command line or a setting is wrong"},
    {3, DCGAN_E_INPUT, "a file cannot be used: pictures, checkpoint, configuration"},
    {4, DCGAN_E_IO, "reading or writing failed: missing file, permission, full disk"},
    {5, DCGAN_E_DEVICE, "the device is missing or failed"},
    {6, DCGAN_E_DIVERGED, "training diverged; the last good checkpoint is kept"},
    {BY_SIGNAL(SIGHUP), DCGAN_E_STOPPED, "stopped as its terminal was closed; everything is saved"},
    {BY_SIGNAL(SIGINT), DCGAN_E_STOPPED, "stopped by SIGINT (Ctrl-C); everything is saved"},
    {BY_SIGNAL(SIGTERM), DCGAN_E_STOPPED, "stopped by SIGTERM; everything is saved"},
};
#define CODES (sizeof codes / sizeof codes[0])

const dc_exit_code *dc_exit_code_at(size_t index)
{
    return index < CODES ? &codes[index] : NULL;
}

int dc_exit_code_of(dcgan_status status, int signal)
{
    if (status == DCGAN_E_STOPPED && signal)
        return BY_SIGNAL(signal);
    for (size_t i = 0; i < CODES; i++)
        if (codes[i].status == status)
            return codes[i].code;
    return 1;
}
