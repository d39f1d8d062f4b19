/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_EMULATOR_OPERAND_H
#define SC_KERNELS_EMULATOR_OPERAND_H

#include "kernels/primitives/group.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a matrix descriptor says of a product's operand in shared memory. Its matrices have pieces of 16 bytes, 8
 * elements, each in one place. Source: PTX ISA, "Matrix Descriptor", "Swizzling Modes". */

#define SC_OPERAND_PIECE 16

/* Whether a descriptor is one of sc_group_rows, or of sc_group_columns, where such a matrix may start. */
bool sc_operand_is_rows(struct sc_group_matrix matrix);
bool sc_operand_is_columns(struct sc_group_matrix matrix);

/* Offset from sc_grid_shared() of a piece: of the elements 8 piece to 8 piece + 7 of a row. */
size_t sc_operand_in_rows(struct sc_group_matrix matrix, int32_t row, int32_t piece);
size_t sc_operand_in_columns(struct sc_group_matrix matrix, int32_t row, int32_t piece);

#endif
