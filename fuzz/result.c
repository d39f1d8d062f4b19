/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/result.h"

#include <string.h>

static const struct {
    const char *name;
    enum sc_oracle_output output;
    enum sc_tensor tensor;
} rows[SC_RESULTS] = {{"O", SC_ORACLE_O, SC_TENSOR_O},
                      {"dQ", SC_ORACLE_D_Q, SC_TENSOR_D_Q},
                      {"dK", SC_ORACLE_D_K, SC_TENSOR_D_K},
                      {"dV", SC_ORACLE_D_V, SC_TENSOR_D_V},
                      {"db", SC_ORACLE_D_B, SC_TENSORS}};

const char *sc_result_name(enum sc_result result)
{
    return rows[result].name;
}

enum sc_oracle_output sc_result_output(enum sc_result result)
{
    return rows[result].output;
}

enum sc_tensor sc_result_tensor(enum sc_result result)
{
    return rows[result].tensor;
}

enum sc_format sc_result_format(const struct sc_problem *problem, enum sc_result result)
{
    if (result == SC_RESULT_D_B) {
        return SC_FORMAT_FP32;
    }
    return result == SC_RESULT_O ? problem->format_out : problem->format_in;
}

int32_t sc_result_width(const struct sc_problem *problem, enum sc_result result)
{
    if (result == SC_RESULT_D_B) {
        return 1;
    }
    return result == SC_RESULT_O || result == SC_RESULT_D_V ? problem->d_v : problem->d;
}

static bool of_keys(enum sc_result result)
{
    return result == SC_RESULT_D_K || result == SC_RESULT_D_V;
}

int64_t sc_result_elements(const struct sc_problem *problem, enum sc_result result)
{
    if (result == SC_RESULT_D_B) {
        return (int64_t)problem->batch * problem->heads_q;
    }
    return (int64_t)sc_problem_tensor_batch(problem) *
           (of_keys(result) ? problem->heads_kv : problem->heads_q) *
           (of_keys(result) ? problem->n_k : problem->n_q) * sc_result_width(problem, result);
}

int64_t sc_result_row(const struct sc_problem *problem, enum sc_result result, int32_t b,
                      int32_t head, int32_t index)
{
    const int64_t entry = sc_problem_entry(problem, b);

    if (result == SC_RESULT_D_B) {
        return (int64_t)b * problem->heads_q + head;
    }
    const int64_t heads = of_keys(result) ? problem->heads_kv : problem->heads_q;
    const int64_t lines = of_keys(result) ? problem->n_k : problem->n_q;
    const int64_t first =
        of_keys(result) ? sc_problem_first_key(problem, b) : sc_problem_first_row(problem, b);
    return ((entry * heads + head) * lines + first + index) * sc_result_width(problem, result);
}

bool sc_result_given(const struct sc_outcome *outcome, enum sc_result result)
{
    return result == SC_RESULT_D_B ? outcome->d_b != NULL
                                   : outcome->bits[rows[result].tensor] != NULL;
}

uint32_t sc_result_bits(const struct sc_outcome *outcome, enum sc_result result, int64_t element)
{
    uint32_t bits;

    if (result == SC_RESULT_D_B) {
        memcpy(&bits, &outcome->d_b[element], sizeof bits);
        return bits;
    }
    return outcome->bits[rows[result].tensor][element];
}
