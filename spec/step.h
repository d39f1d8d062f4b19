/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_SPEC_STEP_H
#define SC_SPEC_STEP_H

#include "spec/share.h"

#include <stdint.h>

/* Elements of one buffer: 2^46, more than any machine holds, so that no sum of offsets wraps. */
#define SC_LAYOUT_SIZE_MAX ((int64_t)1 << 46)

#include "spec/step.acsl"

/* One step of an offset: index * stride, given that `count` > index of them stay in `room`. Exact. */
/*@ requires index: 0 <= index < count;
    requires stride: 0 <= stride;
    requires room: (count - 1) * stride <= room <= SC_LAYOUT_SIZE_MAX;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures step: \result == index * stride;
    ensures inside: 0 <= \result <= (count - 1) * stride; */
SC_SHARED int64_t sc_step_offset(int32_t index, int64_t stride, int32_t count, int64_t room)
{
    SC_EXPECT(index, 0 <= index && index < count);
    SC_EXPECT(stride, 0 <= stride);
    SC_EXPECT(room, 0 <= room && room <= SC_LAYOUT_SIZE_MAX &&
                        (count == 1 || stride <= room / (count - 1)));
    (void)count;
    (void)room;
    /*@ assert monotone: index * stride <= (count - 1) * stride; */
    return index * stride;
}

/* What is left of `room` after the last of `count` steps of `stride`; -1 when they do not fit.
 * Exact, without overflow for any input. */
/*@ requires count: 1 <= count;
    requires room: -1 <= room <= SC_LAYOUT_SIZE_MAX;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures left: 0 <= room ==> 0 <= stride ==> (count - 1) * stride <= room ==>
      \result == room - (count - 1) * stride;
    ensures too_far: room < 0 || stride < 0 || room < (count - 1) * stride ==> \result == -1; */
SC_SHARED int64_t sc_step_room(int64_t room, int64_t stride, int32_t count)
{
    SC_EXPECT(count, 1 <= count);
    SC_EXPECT(room, -1 <= room && room <= SC_LAYOUT_SIZE_MAX);

    if (room < 0 || stride < 0) {
        return -1;
    }
    if (count == 1) {
        return room;
    }
    /*@ assert divides: stride <= room / (count - 1) <==> (count - 1) * stride <= room; */
    return stride > room / (count - 1) ? -1 : room - (count - 1) * stride;
}

#endif
