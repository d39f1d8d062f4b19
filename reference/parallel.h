/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_PARALLEL_H
#define SC_REFERENCE_PARALLEL_H

#include "reference/status.h"

#include <stdint.h>

/* One thread's share: takes the jobs that sc_parallel_next hands out until it returns a negative
 * number. */
struct sc_parallel;
typedef enum sc_status sc_parallel_work(struct sc_parallel *queue, void *context,
                                        struct sc_error *error);

/* The next job in 0 .. jobs - 1 that nobody has taken; negative when there is none, or when some thread
 * has failed. */
int64_t sc_parallel_next(struct sc_parallel *queue);

/* Runs `work` on min(threads, jobs) threads, the calling one among them, at least one. With one, no
 * thread is made, and where one cannot be made its jobs fall to the others. The first failure is
 * returned. All threads have ended on return. */
enum sc_status sc_parallel_run(int32_t threads, int64_t jobs, sc_parallel_work *work, void *context,
                               struct sc_error *error);

#endif
