/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_EMULATOR_MEETING_H
#define SC_KERNELS_EMULATOR_MEETING_H

#include "kernels/emulator/state.h"

/* Threads of a block that wait for each other. The last one to come does what there is to do for all, and
 * wakes the others: none of them has run meanwhile. */

/* The present thread comes to a meeting of `expected` threads, and waits unless it is the last.
 *   offer  what it brings, for the last one to see; it stays in place until the thread runs on
 *   site   return address of the call
 * Returns whether it is the last; it is then still counted as waiting, and calls sc_meeting_end. A
 * meeting of another kind, at another place of the program (but for SC_STATE_SOME and SC_STATE_SOME_ANY: there only
 * within a warp), or of another size is a fault. */
bool sc_meeting_come(struct sc_emulator *emulator, struct sc_state_meeting *meeting,
                     enum sc_state_meeting_kind kind, int32_t expected, void *offer,
                     uintptr_t site);

/* Writes who waits at a meeting, in rising order; returns how many. */
int32_t sc_meeting_members(const struct sc_emulator *emulator,
                           const struct sc_state_meeting *meeting,
                           int32_t members[SC_EMULATOR_THREADS_MAX]);

/* All but the present thread, which goes on, are woken. */
void sc_meeting_end(struct sc_emulator *emulator, struct sc_state_meeting *meeting);

/* The same for the warp of the present thread, and what a lane of it brought. */
bool sc_meeting_come_warp(struct sc_emulator *emulator, enum sc_state_meeting_kind kind,
                          void *offer, uintptr_t site);
void *sc_meeting_offer(const struct sc_emulator *emulator, int32_t lane);
void sc_meeting_end_warp(struct sc_emulator *emulator);

/* Called when no thread can run: a fault unless all have exited. */
void sc_meeting_check_all_exited(struct sc_emulator *emulator);

#endif
