/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_CLAIMS_SKIP_H
#define SC_TOOLS_CLAIMS_SKIP_H

#include "reference/regularity/layer.h"
#include "tools/claims/found.h"

/* ||I + g J||_2 of a layer whose outputs are as many as its inputs, at tokens x, certified: from above by
 * sc_spectral_upper of the matrix as rounded, which errs by at most g ||J - elements||_F + 2^-52 (g ||J||_F + ||M||_F)
 * in the Frobenius norm; from below by a power step's direction on that matrix, less the same.
 * SC_E_INPUT the matrix is not square. SC_E_MEMORY. SC_E_UNAVAILABLE no certificate was found. */
enum sc_status sc_skip_norm(const struct sc_layer *layer, const double *x, double g,
                            struct sc_found_range *norm, struct sc_error *error);

#endif
