/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_JUDGING_WORK_H
#define SC_FUZZ_JUDGING_WORK_H

#include "fuzz/judging.h"

/* Both ends of a judging process. */

/* All of the bytes, or false: the other end is gone. */
bool sc_judging_write(int file, const void *bytes, size_t size);
bool sc_judging_read(int file, void *bytes, size_t size);

/* What a judging process does: takes jobs from `file` until it is closed. */
void sc_judging_work(int file, const struct sc_worker_options *worker,
                     const struct sc_examine_options *examine);

#endif
