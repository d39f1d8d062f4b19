/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/claims.h"

#include "kernels/backward.h"
#include "kernels/forward.h"
#include "kernels/instances.h"
#include "kernels/primitives/machine.h"
#include "reference/constants.h"
#include "tools/kernels/placed.h"

#include <math.h>
#include <stdlib.h>

/* Claim 13: memory linear in n, and fewer bytes moved. One sequence, one head, d = d_v = 64, bf16, full attention. */

#define D 64

static struct sc_layout dense(int32_t n)
{
    return (struct sc_layout){(int64_t)n * D, (int64_t)n * D, D, (int64_t)n * D};
}

static struct sc_problem problem_of(int32_t n, const float *bias)
{
    return (struct sc_problem){.batch = 1,
                               .heads_q = 1,
                               .heads_kv = 1,
                               .n_q = n,
                               .n_k = n,
                               .d = D,
                               .d_v = D,
                               .format_in = SC_FORMAT_BF16,
                               .format_out = SC_FORMAT_BF16,
                               .tau = 0.125f,
                               .bias_scope = SC_BIAS_SCALAR,
                               .bias = bias,
                               .left = SC_MASK_UNBOUNDED,
                               .right = SC_MASK_UNBOUNDED,
                               .q = dense(n),
                               .k = dense(n),
                               .v = dense(n),
                               .o = dense(n)};
}

/* Bytes that both passes need beyond Q, K, V, O, dO, dQ, dK and dV. */
static double work_space(int32_t n)
{
    const float bias = sc_constants_minus_log(n);
    const struct sc_problem p = problem_of(n, &bias);

    return (double)(sc_backward_bias_bytes(&p) + sc_backward_sums_bytes(&p));
}

/* Lengths of whole blocks: of 128 and of 192 lines. */
#define WHOLE     1536
#define DOUBLINGS 10

/* Between them: twice the length is twice the work space. */
static void grow(struct sc_found_list *result)
{
    enum sc_found_outcome linear = SC_FOUND_YES;
    const double base = work_space(WHOLE);

    for (int32_t k = 0; k <= DOUBLINGS; k++) {
        const int32_t times = 1 << k;
        linear = sc_found_both(
            linear, sc_found_whether(base > 0.0 && work_space(times * WHOLE) == times * base));
    }
    sc_found_add(result, "work-space", SC_FOUND_STATED, SC_FOUND_EXACT, linear, base / WHOLE,
                 "work space that our kernels ask for, n = %d to %d, d = 64: %g bytes a token, "
                 "the weights would take 2 n",
                 WHOLE, WHOLE << DOUBLINGS, base / WHOLE);
}

/* Bytes of global memory that the forward kernel moves on the emulator; -1: it did something it must not. */
static enum sc_status moved(int32_t n, int64_t *bytes, struct sc_error *error)
{
    float bias = sc_constants_minus_log(n);
    /* seed 3: every buffer is aligned, no gaps */
    struct sc_case c = {.seed = 3, .problem = problem_of(n, &bias)};
    struct sc_machine *machine = NULL;
    struct sc_machine_fault fault = {""};
    struct sc_placed at;
    struct sc_forward_arguments arguments;
    struct sc_launch launch;
    float *const values = calloc((size_t)n * D, sizeof *values);
    enum sc_status status =
        values == NULL ? sc_fail(error, SC_E_MEMORY, "claims: no memory for %d rows", n) : SC_OK;

    c.q = c.k = c.v = c.d_o = values;
    *bytes = -1;
    if (status == SC_OK) {
        status = sc_machine_create(3, 0, sc_placed_bytes(&c), &machine, error);
    }
    if (status == SC_OK) {
        status = sc_placed_create(&c, machine, &at, error);
    }
    if (status == SC_OK) {
        const struct sc_forward_buffers buffers = {at.q, at.k, at.v, at.o};
        if (sc_forward_plan(&c.problem, &at.problem, &buffers, SC_PRODUCTS_WARP, &arguments,
                            &launch) == NULL) {
            status = sc_machine_launch(machine, &launch, &fault, error);
            *bytes = fault.text[0] == '\0' ? sc_machine_traffic(machine) : -1;
        }
    }
    sc_machine_destroy(machine);
    free(values);
    return status;
}

/* What it should move: Q and O once, K and V once for each block of rows, and the bias by each thread of a block. */
static int64_t expected(int32_t n)
{
    const int64_t blocks = n / SC_FORWARD_LINES(D), tensor = (int64_t)n * D * 2;
    const int64_t threads = SC_WARP * SC_FORWARD_WARPS(D);

    return 2 * tensor + blocks * 2 * tensor + blocks * threads * (int64_t)sizeof(float);
}

enum sc_status sc_memory_claim(const struct sc_claims_context *context,
                               struct sc_found_list *result, struct sc_error *error)
{
    enum sc_status status = SC_OK;
    int64_t bytes = 0, other = 0, half = 1;

    (void)context;
    grow(result);
    for (int32_t n = SC_FORWARD_LINES(D); status == SC_OK && n <= 512; n *= 2) {
        half = bytes;
        status = moved(n, &bytes, error);
        other += bytes != expected(n) ? 1 : 0;
    }
    if (status != SC_OK) {
        return status;
    }
    const double weights =
        4.0 * 512 * 512 + 8.0 * 512 * D; /* P written and read, Q, K, V, O once */
    sc_found_add(
        result, "bytes-counted", SC_FOUND_STATED, SC_FOUND_EXACT, sc_found_whether(other == 0),
        (double)bytes,
        "global bytes of our forward kernel counted on the emulator, n = %d to 512, no cache: "
        "4 n d + (n / %d) (4 n d + %d), %lld lengths differ; %lld at 512",
        SC_FORWARD_LINES(D), SC_FORWARD_LINES(D), 4 * SC_WARP * SC_FORWARD_WARPS(D),
        (long long)other, (long long)bytes);
    sc_found_add(
        result, "bytes-not-linear", SC_FOUND_LIMIT, SC_FOUND_EXACT,
        sc_found_whether(bytes > 3 * half), (double)bytes / (double)half,
        "twice the length moves %.4g times the bytes; an unfused pass that writes and reads "
        "bf16 weights once moves %.0f at 512",
        (double)bytes / (double)half, weights);
    return SC_OK;
}
