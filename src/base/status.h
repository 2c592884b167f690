/* status.h - how every fallible function of the project reports failure.
 *
 * A function returns dc_status: 0, or a negative code with a message kept for the calling thread. The
 * message says what failed, for which file, and what to do. Floor 0: includes nothing of the project but
 * the public header, for the codes. */
#ifndef DC_BASE_STATUS_H
#define DC_BASE_STATUS_H

#include <dcgan.h>

typedef dcgan_status dc_status;

/* Keeps the message and returns `code`, so that `return dc_fail(DCGAN_E_IO, ...)` reads well. */
__attribute__((format(printf, 2, 3))) dc_status dc_fail(dc_status code, const char *format, ...);

/* The same for a failed system call: appends ": " and the text of errno, and what to do about a full disk
 * or a missing permission. */
__attribute__((format(printf, 1, 2))) dc_status dc_fail_errno(const char *format, ...);

/* Puts "prefix: " before this thread's message: who calls adds what it was doing. Returns `code`. */
__attribute__((format(printf, 2, 3))) dc_status dc_fail_within(dc_status code, const char *format, ...);

#define DC_TRY(call)                                                                                                   \
    do {                                                                                                               \
        dc_status dc_try_ = (call);                                                                                    \
        if (dc_try_ != DCGAN_OK)                                                                                       \
            return dc_try_;                                                                                            \
    } while (0)

#endif
