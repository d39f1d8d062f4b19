/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/libraries/naive.h"

#include "spec/format_value.h"

#include <math.h>
#include <string.h>

static float read_element(const void *buffer, enum sc_format format, int64_t n)
{
    uint16_t half;
    uint32_t bits;
    float x;

    if (format == SC_FORMAT_FP32) {
        memcpy(&x, (const char *)buffer + 4 * n, 4);
        return x;
    }
    memcpy(&half, (const char *)buffer + 2 * n, 2);
    if (format == SC_FORMAT_FP16) {
        return (float)sc_format_decode(format, half);
    }
    bits = (uint32_t)half << 16;
    memcpy(&x, &bits, 4);
    return x;
}

static void write_element(void *buffer, enum sc_format format, int64_t n, float x)
{
    const uint32_t bits = sc_format_encode(format, (double)x);
    const uint16_t half = (uint16_t)bits;

    if (format == SC_FORMAT_FP32) {
        memcpy((char *)buffer + 4 * n, &x, 4);
    } else {
        memcpy((char *)buffer + 2 * n, &half, 2);
    }
}

static float dot(const void *x, int64_t from_x, const void *y, int64_t from_y, int32_t count,
                 enum sc_format format)
{
    float sum = 0.0f;

    for (int32_t c = 0; c < count; c++) {
        sum += read_element(x, format, from_x + c) * read_element(y, format, from_y + c);
    }
    return sum;
}

/* Sums in the work space: O and dQ of a row, then dK and dV of all keys. */
struct sums {
    float *o, *d_q, *d_k, *d_v;
};

size_t naive_workspace(const struct sc_problem *p, bool backward)
{
    const size_t width = (size_t)p->d + (size_t)p->d_v;
    const size_t keys = (size_t)sc_problem_tensor_batch(p) * (size_t)p->heads_kv * (size_t)p->n_k;

    return sizeof(float) * width * (1 + (backward ? keys : 0));
}

/* A pair of a row and a key that it sees. */
static void add_pair(const struct sc_kernel_call *call, const struct sums *sums, int32_t b,
                     int32_t h, int32_t i, int32_t j, float *d_b)
{
    const struct sc_problem *p = call->placed;
    const struct sc_kernel_buffers *at = &call->buffers;
    const int32_t g = sc_problem_group_head(p, h), n_q = sc_problem_rows(p, b),
                  n_k = sc_problem_keys(p, b), entry = sc_problem_entry(p, b);
    const int64_t q = sc_problem_q_row(p, b, h, i), k = sc_problem_k_row(p, b, g, j),
                  v = sc_problem_v_row(p, b, g, j);
    const float product = dot(at->q, q, at->k, k, p->d, p->format_in);
    const double slope = p->slopes != NULL ? (double)p->slopes[h] : 0.0;
    const float s = (float)((double)p->tau * (double)product + (double)sc_problem_bias(p, b, h) -
                            slope * sc_mask_distance(i, j, n_q, n_k));
    const float weight = (float)(1.0 / (1.0 + exp(-(double)s)));

    for (int32_t c = 0; c < p->d_v; c++) {
        sums->o[c] += weight * read_element(at->v, p->format_in, v + c);
    }
    if (!call->backward) {
        return;
    }
    const int32_t row = sc_problem_first_row(p, b) + i, key = sc_problem_first_key(p, b) + j;
    const int64_t d_o = sc_layout_row(&at->d_o_layout, entry, h, row, sc_problem_tensor_batch(p),
                                      p->heads_q, p->n_q, p->d_v);
    const int64_t line = ((int64_t)entry * p->heads_kv + g) * p->n_k + key;
    const float d_p = dot(at->d_o, d_o, at->v, v, p->d_v, p->format_in);
    const float d_s = weight * (1.0f - weight) * d_p;
    *d_b += d_s;
    for (int32_t c = 0; c < p->d; c++) {
        sums->d_q[c] += d_s * read_element(at->k, p->format_in, k + c);
        sums->d_k[line * p->d + c] += d_s * read_element(at->q, p->format_in, q + c);
    }
    for (int32_t c = 0; c < p->d_v; c++) {
        sums->d_v[line * p->d_v + c] += weight * read_element(at->d_o, p->format_in, d_o + c);
    }
}

static void do_row(const struct sc_kernel_call *call, const struct sums *sums, int32_t b, int32_t h,
                   int32_t i, float *d_b)
{
    const struct sc_problem *p = call->placed;
    const struct sc_kernel_buffers *at = &call->buffers;
    const int64_t o = sc_problem_o_row(p, b, h, i);

    memset(sums->o, 0, sizeof(float) * ((size_t)p->d + (size_t)p->d_v));
    for (int32_t j = 0; j < sc_problem_keys(p, b); j++) {
        if (sc_problem_visible(p, b, h, i, j)) {
            add_pair(call, sums, b, h, i, j, d_b);
        }
    }
    for (int32_t c = 0; c < p->d_v; c++) {
        write_element(at->o, p->format_out, o + c, sums->o[c]);
    }
    for (int32_t c = 0; call->backward && c < p->d; c++) {
        const int64_t d_q = sc_layout_row(&at->d_q_layout, sc_problem_entry(p, b), h,
                                          sc_problem_first_row(p, b) + i,
                                          sc_problem_tensor_batch(p), p->heads_q, p->n_q, p->d);
        write_element(at->d_q, p->format_in, d_q + c, p->tau * sums->d_q[c]);
    }
}

static void write_keys(const struct sc_kernel_call *call, const struct sums *sums)
{
    const struct sc_problem *p = call->placed;
    const struct sc_kernel_buffers *at = &call->buffers;
    const int32_t entries = sc_problem_tensor_batch(p);

    for (int64_t line = 0; line < (int64_t)entries * p->heads_kv * p->n_k; line++) {
        const int32_t key = (int32_t)(line % p->n_k), g = (int32_t)(line / p->n_k % p->heads_kv),
                      entry = (int32_t)(line / p->n_k / p->heads_kv);
        const int64_t d_k = sc_layout_row(&at->d_k_layout, entry, g, key, entries, p->heads_kv,
                                          p->n_k, p->d),
                      d_v = sc_layout_row(&at->d_v_layout, entry, g, key, entries, p->heads_kv,
                                          p->n_k, p->d_v);
        for (int32_t c = 0; c < p->d; c++) {
            write_element(at->d_k, p->format_in, d_k + c, p->tau * sums->d_k[line * p->d + c]);
        }
        for (int32_t c = 0; c < p->d_v; c++) {
            write_element(at->d_v, p->format_in, d_v + c, sums->d_v[line * p->d_v + c]);
        }
    }
}

int naive_run(const struct sc_kernel_call *call, char *text, size_t text_bytes)
{
    const struct sc_problem *p = call->placed;
    const size_t keys = (size_t)sc_problem_tensor_batch(p) * (size_t)p->heads_kv * (size_t)p->n_k;
    struct sums sums = {call->buffers.workspace, NULL, NULL, NULL};

    (void)text;
    (void)text_bytes;
    sums.d_q = sums.o + p->d_v;
    sums.d_k = sums.d_q + p->d;
    sums.d_v = sums.d_k + keys * (size_t)p->d;
    memset(sums.o, 0, naive_workspace(p, call->backward));
    for (int32_t b = 0; b < p->batch; b++) {
        for (int32_t h = 0; h < p->heads_q; h++) {
            float d_b = 0.0f;
            for (int32_t i = 0; i < sc_problem_rows(p, b); i++) {
                do_row(call, &sums, b, h, i, &d_b);
            }
            if (call->backward && call->buffers.d_b != NULL) {
                call->buffers.d_b[(int64_t)b * p->heads_q + h] = d_b;
            }
        }
    }
    if (call->backward) {
        write_keys(call, &sums);
    }
    return SC_KERNEL_DONE;
}

struct sc_kernel naive_kernel(const char *name, int (*run)(const struct sc_kernel_call *call,
                                                           char *text, size_t text_bytes))
{
    const struct sc_kernel kernel = {
        .version = SC_KERNEL_VERSION,
        .bytes = sizeof kernel,
        .name = name,
        .traits = {.features = (1u << SC_KERNEL_FEATURES) - 1u,
                   .formats_in = 7,
                   .formats_out = 7,
                   .d_max = SC_LENGTH_MAX,
                   .d_v_max = SC_LENGTH_MAX,
                   .d_multiple = 1},
        .arithmetic = "core=fma score=fused p=fp32 order=any spread=products activation=limits",
        .workspace = naive_workspace,
        .run = run,
    };

    return kernel;
}
