/* token.c - see token.h. */
#include "serve/token.h"

#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

bool dc_token_equal(const char *token, const char *offered)
{
    if (!offered || strlen(offered) != DC_TOKEN_LENGTH)
        return false;
    unsigned difference = 0;
    for (int i = 0; i < DC_TOKEN_LENGTH; i++)
        difference |= (unsigned)(token[i] ^ offered[i]);
    return difference == 0;
}

void dc_token_cookie_name(const char *token, char ret_name[32])
{
    snprintf(ret_name, 32, "dcgan-%.8s", token);
}

static dc_status make_token(char ret_token[DC_TOKEN_LENGTH + 1])
{
    unsigned char bytes[DC_TOKEN_LENGTH / 2];
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        return dc_fail_errno("No random numbers for a key could be had");
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(ret_token + 2 * i, 3, "%02x", bytes[i]);
    return DCGAN_OK;
}

/* The folder for what a program keeps between its runs (XDG Base Directory Specification). */
static dc_status state_folder(char **ret_path)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (state && state[0] == '/')
        return dc_path(ret_path, "%s/dcgan", state);
    if (home && home[0] == '/')
        return dc_path(ret_path, "%s/.local/state/dcgan", home);
    return dc_fail(DCGAN_E_IO, "There is no home directory.");
}

/* A file that others could have read or written is not trusted. */
static bool read_token(const char *path, char ret_token[DC_TOKEN_LENGTH + 1])
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    char text[DC_TOKEN_LENGTH + 1] = "";
    struct stat info;
    bool good = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == geteuid() &&
                (info.st_mode & 077) == 0 && read(fd, text, DC_TOKEN_LENGTH) == DC_TOKEN_LENGTH &&
                strspn(text, "0123456789abcdef") == DC_TOKEN_LENGTH;
    close(fd);
    if (good)
        memcpy(ret_token, text, sizeof text);
    return good;
}

static void keep_token(const char *path, const char *token)
{
    mode_t mask = umask(077);
    unlink(path);
    if (dc_file_write(path, token, DC_TOKEN_LENGTH) != DCGAN_OK)
        unlink(path);
    umask(mask);
}

dc_status dc_token_load(char ret_token[DC_TOKEN_LENGTH + 1])
{
    char *folder = NULL, *path = NULL;
    bool keep = state_folder(&folder) == DCGAN_OK && dc_make_directory(folder) == DCGAN_OK &&
                dc_path(&path, "%s/dashboard-token", folder) == DCGAN_OK;
    dc_status status = DCGAN_OK;
    if (!keep || !read_token(path, ret_token)) {
        status = make_token(ret_token);
        if (status == DCGAN_OK && keep)
            keep_token(path, ret_token);
    }
    free(path);
    free(folder);
    return status;
}
