/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/ball_matrix.h"

#include <flint/flint.h>

void sc_ball_matrix_view(arb_mat_t view, arb_srcptr entries, int64_t rows, int64_t columns)
{
    view->entries = (arb_ptr)entries;
    view->r = rows;
    view->c = columns;
    view->rows = flint_malloc((size_t)(rows > 0 ? rows : 1) * sizeof *view->rows);
    for (int64_t i = 0; i < rows; i++) {
        view->rows[i] = view->entries + i * columns;
    }
}

void sc_ball_matrix_forget(arb_mat_t view)
{
    flint_free(view->rows);
    view->rows = NULL;
}

void sc_ball_matrix_turned(arb_mat_t turned, arb_srcptr entries, int64_t rows, int64_t columns)
{
    arb_mat_init(turned, columns, rows);
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t c = 0; c < columns; c++) {
            arb_set(arb_mat_entry(turned, c, i), entries + i * columns + c);
        }
    }
}
