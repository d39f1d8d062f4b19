/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/emulator/operand.h"

#include "kernels/emulator/access.h"
#include "kernels/emulator/raise.h"
#include "kernels/emulator/schedule.h"
#include "kernels/emulator/state.h"
#include "kernels/primitives/grid.h"

/* Fields, in units of 16 bytes. */
#define FIELD     0x3fffu
#define OF_ROWS   1u /* the upper field is ignored there */
#define ROW       128
#define FIELD_END (1 << 18) /* of what a field can say */

static size_t start_of(struct sc_group_matrix matrix)
{
    return (size_t)(matrix.low & FIELD) << 4;
}

static size_t apart_of(struct sc_group_matrix matrix)
{
    return (size_t)(matrix.low >> 16 & FIELD) << 4;
}

/* Whether a place in rows is in the first one of eight, whose pieces are all in their places. */
static bool starts_rows(size_t start)
{
    return start % SC_GROUP_ALIGNED < ROW && start % (2 * SC_OPERAND_PIECE) == 0;
}

bool sc_operand_is_rows(struct sc_group_matrix matrix)
{
    return matrix.low >> 16 == OF_ROWS && starts_rows(start_of(matrix));
}

bool sc_operand_is_columns(struct sc_group_matrix matrix)
{
    return apart_of(matrix) % SC_GROUP_ALIGNED == 0 && start_of(matrix) % SC_GROUP_ALIGNED == 0;
}

/* The hardware changes bits of the address, and so it does not matter where the matrix starts. */
static size_t swizzled(size_t place)
{
    return place ^ (place / ROW % 8 * SC_OPERAND_PIECE);
}

static size_t row_of(int32_t row)
{
    return (size_t)(row / 8) * SC_GROUP_ALIGNED + (size_t)(row % 8) * ROW;
}

size_t sc_operand_in_rows(struct sc_group_matrix matrix, int32_t row, int32_t piece)
{
    return swizzled(start_of(matrix) + row_of(row) + (size_t)piece * SC_OPERAND_PIECE);
}

size_t sc_operand_in_columns(struct sc_group_matrix matrix, int32_t row, int32_t piece)
{
    return swizzled(start_of(matrix) + (size_t)(piece / 8) * apart_of(matrix) + row_of(row) +
                    (size_t)(piece % 8) * SC_OPERAND_PIECE);
}

/* The descriptor of what starts at `first`, a place in shared memory. */
static struct sc_group_matrix matrix_of(const void *first, uint32_t upper, uintptr_t site)
{
    struct sc_emulator *emulator = sc_state_running;
    const uintptr_t offset = (uintptr_t)first - (uintptr_t)sc_grid_shared();

    sc_schedule_step(emulator, site);
    if (offset >= emulator->shared.parts[0].bytes) {
        sc_raise(emulator, SC_FAULT_BOUNDS, site, NULL, first, SC_OPERAND_PIECE);
    }
    if (upper == OF_ROWS ? !starts_rows(offset) : offset % SC_GROUP_ALIGNED != 0) {
        sc_raise(emulator, SC_FAULT_ALIGNMENT, site, NULL, first, SC_OPERAND_PIECE);
    }
    const struct sc_group_matrix matrix = {(uint32_t)(offset >> 4) | upper << 16};
    return matrix;
}

struct sc_group_matrix sc_group_rows(const void *first)
{
    return matrix_of(first, OF_ROWS, (uintptr_t)__builtin_return_address(0));
}

struct sc_group_matrix sc_group_columns(const void *first, int32_t apart)
{
    const uintptr_t site = (uintptr_t)__builtin_return_address(0);

    if (apart < 0 || apart >= FIELD_END || apart % SC_GROUP_ALIGNED != 0) {
        sc_raise(sc_state_running, SC_FAULT_ARGUMENT, site, NULL, NULL, 0);
    }
    return matrix_of(first, (uint32_t)apart >> 4, site);
}

struct sc_group_matrix sc_group_step(struct sc_group_matrix matrix, int32_t bytes)
{
    struct sc_emulator *emulator = sc_state_running;
    const uintptr_t site = (uintptr_t)__builtin_return_address(0);

    sc_schedule_step(emulator, site);
    if (bytes % SC_OPERAND_PIECE != 0) {
        sc_raise(emulator, SC_FAULT_ALIGNMENT, site, NULL, NULL, 0);
    }
    if (bytes < 0 || bytes >= FIELD_END || start_of(matrix) + (size_t)bytes >= FIELD_END) {
        sc_raise(emulator, SC_FAULT_BOUNDS, site, NULL, NULL, 0);
    }
    matrix.low += (uint32_t)bytes >> 4;
    return matrix;
}
