/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_CLOCK_H
#define SC_FUZZ_CLOCK_H

#include <time.h>

/* Seconds since some moment, never going back: for durations and deadlines. */
static inline double sc_clock_now(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#endif
