/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/primitives/matrix.h"
#include "kernels/emulator/access.h"
#include "kernels/emulator/meeting.h"
#include "kernels/emulator/raise.h"
#include "kernels/emulator/schedule.h"

#include <string.h>

/* What a lane brings to a multiplication, and to a load. */
struct addition {
    enum sc_format format;
    float *c;
    const uint32_t *a, *b;
};
struct load {
    bool transposed;
    uint16_t row[8];
    uint32_t *matrices;
};

static void unpack(uint32_t pair, uint16_t *low, uint16_t *high)
{
    *low = (uint16_t)(pair & 0xffff);
    *high = (uint16_t)(pair >> 16);
}

/* The matrices from the lanes' parts. B is kept by column. */
static void gather(const struct sc_emulator *emulator, uint16_t a[16][16], uint16_t b[8][16],
                   float c[16][8])
{
    for (int32_t lane = 0; lane < SC_WARP; lane++) {
        const struct addition *part = sc_meeting_offer(emulator, lane);
        const int32_t g = lane / 4, t = 2 * (lane % 4);
        for (int32_t r = 0; r < 4; r++) {
            uint16_t *pair = &a[g + r % 2 * 8][t + r / 2 * 8];
            unpack(part->a[r], &pair[0], &pair[1]);
        }
        for (int32_t r = 0; r < 2; r++) {
            unpack(part->b[r], &b[g][t + 8 * r], &b[g][t + 8 * r + 1]);
        }
        for (int32_t r = 0; r < 4; r++) {
            c[g + r / 2 * 8][t + r % 2] = part->c[r];
        }
    }
}

static void multiply(struct sc_emulator *emulator)
{
    const struct addition *first = sc_meeting_offer(emulator, 0);
    uint16_t a[16][16], b[8][16];
    float c[16][8];

    gather(emulator, a, b, c);
    emulator->options.matrix_add(first->format, (const uint16_t(*)[16])a, (const uint16_t(*)[16])b,
                                 c);
    for (int32_t lane = 0; lane < SC_WARP; lane++) {
        const struct addition *part = sc_meeting_offer(emulator, lane);
        for (int32_t r = 0; r < 4; r++) {
            part->c[r] = c[lane / 4 + r / 2 * 8][2 * (lane % 4) + r % 2];
        }
    }
}

static void add(const struct addition *part, uintptr_t site)
{
    struct sc_emulator *emulator = sc_state_running;
    struct addition offer = *part;

    sc_schedule_step(emulator, site);
    if (emulator->options.matrix_add == NULL) {
        sc_raise(emulator, SC_FAULT_ARGUMENT, site, NULL, NULL, 0);
    }
    sc_access(emulator, part->a, 4 * sizeof part->a[0], 4, SC_RACE_READ, site);
    sc_access(emulator, part->b, 2 * sizeof part->b[0], 4, SC_RACE_READ, site);
    sc_access(emulator, part->c, 4 * sizeof part->c[0], 4, SC_RACE_READ, site);
    sc_access(emulator, part->c, 4 * sizeof part->c[0], 4, SC_RACE_WRITE, site);
    if (sc_meeting_come_warp(emulator, SC_STATE_MATRIX_ADD, &offer, site)) {
        multiply(emulator);
        sc_meeting_end_warp(emulator);
    }
}

void sc_matrix_add_bf16(float c[4], const uint32_t a[4], const uint32_t b[2])
{
    const struct addition part = {SC_FORMAT_BF16, c, a, b};

    add(&part, (uintptr_t)__builtin_return_address(0));
}

void sc_matrix_add_fp16(float c[4], const uint32_t a[4], const uint32_t b[2])
{
    const struct addition part = {SC_FORMAT_FP16, c, a, b};

    add(&part, (uintptr_t)__builtin_return_address(0));
}

/* Register m of a lane: two elements of row g of matrix m, or of its transpose. */
static uint32_t loaded(const struct sc_emulator *emulator, int32_t m, int32_t g, int32_t t)
{
    const struct load *first = sc_meeting_offer(emulator, 8 * m);
    uint32_t pair[2];

    for (int32_t i = 0; i < 2; i++) {
        const struct load *row =
            sc_meeting_offer(emulator, 8 * m + (first->transposed ? t + i : g));
        pair[i] = row->row[first->transposed ? g : t + i];
    }
    return pair[0] | pair[1] << 16;
}

static void distribute(struct sc_emulator *emulator)
{
    for (int32_t lane = 0; lane < SC_WARP; lane++) {
        const struct load *offer = sc_meeting_offer(emulator, lane);
        for (int32_t m = 0; m < 4; m++) {
            offer->matrices[m] = loaded(emulator, m, lane / 4, 2 * (lane % 4));
        }
    }
}

static void load(uint32_t matrices[4], const void *row, bool transposed, uintptr_t site)
{
    struct sc_emulator *emulator = sc_state_running;
    struct load offer = {transposed, {0}, matrices};

    sc_schedule_step(emulator, site);
    sc_access(emulator, matrices, 4 * sizeof matrices[0], 4, SC_RACE_WRITE, site);
    sc_access_in(emulator, SC_FAULT_SHARED, row, sizeof offer.row, 16, SC_RACE_READ, site);
    memcpy(offer.row, row, sizeof offer.row);
    if (sc_meeting_come_warp(emulator, SC_STATE_MATRIX_LOAD, &offer, site)) {
        distribute(emulator);
        sc_meeting_end_warp(emulator);
    }
}

void sc_matrix_load(uint32_t matrices[4], const void *row)
{
    load(matrices, row, false, (uintptr_t)__builtin_return_address(0));
}

void sc_matrix_load_transposed(uint32_t matrices[4], const void *row)
{
    load(matrices, row, true, (uintptr_t)__builtin_return_address(0));
}
