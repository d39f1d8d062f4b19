/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/emulator/meeting.h"

#include "kernels/emulator/raise.h"
#include "kernels/emulator/schedule.h"

/* How many threads, from a multiple of that on, may meet; 0: any. */
static int32_t span_of(enum sc_state_meeting_kind kind)
{
    return kind >= SC_STATE_GROUP_BEGIN ? SC_GROUP_THREADS : kind >= SC_STATE_WARP ? 32 : 0;
}

static enum sc_fault_kind divergence(enum sc_state_meeting_kind kind)
{
    return kind <= SC_STATE_WARP ? SC_FAULT_DIVERGENT_BARRIER : SC_FAULT_DIVERGENT_COLLECTIVE;
}

static struct sc_fault_place place_of(const struct sc_emulator *emulator, int32_t thread)
{
    const struct sc_state_thread *of = &emulator->threads[thread];

    return sc_raise_place(emulator, thread, of->exited ? 0 : of->site);
}

/* A thread of the meeting that must be at the same place as the present one; -1: none is there yet. */
static int32_t companion(const struct sc_emulator *emulator, const struct sc_state_meeting *meeting,
                         enum sc_state_meeting_kind kind)
{
    const int32_t warp = emulator->current / 32 * 32;

    if (kind != SC_STATE_SOME && kind != SC_STATE_SOME_ANY) {
        return meeting->first;
    }
    for (int32_t t = warp; t < warp + 32; t++) {
        if (t != emulator->current && emulator->threads[t].meeting == meeting) {
            return t;
        }
    }
    return -1;
}

static void check_place(struct sc_emulator *emulator, const struct sc_state_meeting *meeting,
                        enum sc_state_meeting_kind kind, int32_t expected, uintptr_t site)
{
    const int32_t with = companion(emulator, meeting, kind);

    if (meeting->kind != kind || meeting->expected != expected) {
        const struct sc_fault_place other = place_of(emulator, meeting->first);
        sc_raise(emulator, divergence(meeting->kind > kind ? meeting->kind : kind), site, &other,
                 NULL, 0);
    }
    if (with >= 0 && emulator->threads[with].site != site) {
        const struct sc_fault_place other = place_of(emulator, with);
        sc_raise(emulator, divergence(kind), site, &other, NULL, 0);
    }
}

bool sc_meeting_come(struct sc_emulator *emulator, struct sc_state_meeting *meeting,
                     enum sc_state_meeting_kind kind, int32_t expected, void *offer, uintptr_t site)
{
    struct sc_state_thread *thread = sc_state_current(emulator);

    if (meeting->arrived > 0) {
        check_place(emulator, meeting, kind, expected, site);
    } else {
        meeting->kind = kind;
        meeting->expected = expected;
        meeting->first = emulator->current;
    }
    thread->meeting = meeting;
    thread->site = site;
    thread->offer = offer;
    if (++meeting->arrived == expected) {
        return true;
    }
    sc_schedule_wait(emulator);
    return false;
}

bool sc_meeting_come_warp(struct sc_emulator *emulator, enum sc_state_meeting_kind kind,
                          void *offer, uintptr_t site)
{
    return sc_meeting_come(emulator, &emulator->warps[emulator->current / 32], kind, 32, offer,
                           site);
}

void *sc_meeting_offer(const struct sc_emulator *emulator, int32_t lane)
{
    return emulator->threads[emulator->current / 32 * 32 + lane].offer;
}

void sc_meeting_end_warp(struct sc_emulator *emulator)
{
    sc_meeting_end(emulator, &emulator->warps[emulator->current / 32]);
}

int32_t sc_meeting_members(const struct sc_emulator *emulator,
                           const struct sc_state_meeting *meeting,
                           int32_t members[SC_EMULATOR_THREADS_MAX])
{
    int32_t count = 0;

    for (int32_t t = 0; t < emulator->threads_count; t++) {
        if (emulator->threads[t].meeting == meeting) {
            members[count++] = t;
        }
    }
    return count;
}

void sc_meeting_end(struct sc_emulator *emulator, struct sc_state_meeting *meeting)
{
    const int32_t span = span_of(meeting->kind);
    const int32_t from = span > 0 ? emulator->current / span * span : 0;
    const int32_t to = span > 0 ? from + span : emulator->threads_count;

    for (int32_t t = from; t < to; t++) {
        if (emulator->threads[t].meeting == meeting) {
            emulator->threads[t].meeting = NULL;
            if (t != emulator->current) {
                sc_schedule_wake(emulator, t);
            }
        }
    }
    meeting->arrived = 0;
}

/* A thread that has exited or waits at another meeting, among `count` from `first`; -1: none. Who waits at a gate may
 * still come. */
static int32_t absent(const struct sc_emulator *emulator, const struct sc_state_meeting *meeting,
                      int32_t first, int32_t count, bool exited_only)
{
    for (int32_t t = first; t < first + count; t++) {
        if (emulator->threads[t].meeting != meeting && emulator->threads[t].gate == NULL &&
            (!exited_only || emulator->threads[t].exited)) {
            return t;
        }
    }
    return -1;
}

/* Whom thread t waits for in vain. A warp or warpgroup that is not all there, or a thread that has exited before a
 * barrier of the block, is divergence. */
static int32_t missed(const struct sc_emulator *emulator, int32_t t, bool divergent)
{
    const struct sc_state_meeting *meeting = emulator->threads[t].meeting;
    const int32_t span = span_of(meeting->kind) > 0 ? span_of(meeting->kind) : 32;
    const int32_t near = absent(emulator, meeting, t / span * span, span, false);

    if (divergent && (near >= 0 || meeting->kind >= SC_STATE_SOME)) {
        return near;
    }
    return absent(emulator, meeting, 0, emulator->threads_count, divergent);
}

static void record_stuck(struct sc_emulator *emulator, int32_t t, int32_t with,
                         enum sc_fault_kind kind)
{
    const struct sc_fault_place here = place_of(emulator, t);
    const struct sc_fault_place other =
        with >= 0 ? place_of(emulator, with) : sc_raise_place(emulator, -1, 0);

    sc_raise_record(emulator, kind, &here, &other, NULL, 0);
}

/* The first thread that waits at a meeting for one that cannot come; or that waits at one at all. */
static bool record_missed(struct sc_emulator *emulator, bool divergent)
{
    for (int32_t t = 0; t < emulator->threads_count; t++) {
        const struct sc_state_meeting *meeting = emulator->threads[t].meeting;
        const int32_t with = meeting != NULL ? missed(emulator, t, divergent) : -1;
        if (with >= 0 || (meeting != NULL && !divergent)) {
            record_stuck(emulator, t, with,
                         divergent ? divergence(meeting->kind) : SC_FAULT_DEADLOCK);
            return true;
        }
    }
    return false;
}

/* The first thread that waits at a gate, and one that waits elsewhere. */
static bool record_gate(struct sc_emulator *emulator)
{
    int32_t here = 0, other = 0;

    while (here < emulator->threads_count && emulator->threads[here].gate == NULL) {
        here++;
    }
    if (here == emulator->threads_count) {
        return false;
    }
    while (other < emulator->threads_count &&
           (emulator->threads[other].exited ||
            emulator->threads[other].gate == emulator->threads[here].gate)) {
        other++;
    }
    record_stuck(emulator, here, other < emulator->threads_count ? other : -1, SC_FAULT_DEADLOCK);
    return true;
}

/* Divergence comes first: it is why others wait. Then gates, whose phases are what a barrier may wait for. */
void sc_meeting_check_all_exited(struct sc_emulator *emulator)
{
    if (!record_missed(emulator, true) && !record_gate(emulator)) {
        (void)record_missed(emulator, false);
    }
}
