/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/input/problem.h"

#include "reference/constants.h"
#include "reference/problem.h"
#include "tools/input/decode.h"
#include "tools/input/options.h"
#include "tools/input/oracle.h"
#include "tools/input/values.h"

#include <stdlib.h>
#include <string.h>

/* Loads one tensor of the problem; its values when `values` is given, else the tensor itself. */
static enum sc_status load(const char *what, const char *name, const struct sc_options *t,
                           enum sc_format *format, struct sc_decode_shape *shape, float **values,
                           struct sc_tensor *kept, struct sc_error *error)
{
    const enum sc_decode_order order =
        t->layout != NULL && strcmp(t->layout, "bnhd") == 0 ? SC_DECODE_BNHD : SC_DECODE_BHND;
    struct sc_tensor tensor = {.data = NULL};

    if (name == NULL) {
        return sc_fail(error, SC_E_INPUT, "%s: not given, expected a file (see --help)", what);
    }
    enum sc_status status = sc_tensor_load(name, t->bf16, &tensor, error);
    if (status == SC_OK) {
        status = sc_decode_format(what, &tensor, format, error);
    }
    if (status == SC_OK) {
        status = sc_decode_shape(what, &tensor, order, shape, error);
    }
    if (status == SC_OK && values != NULL) {
        status = sc_decode_values(what, &tensor, values, error);
    }
    if (status == SC_OK && kept != NULL) {
        *kept = tensor;
        return SC_OK;
    }
    sc_tensor_destroy(&tensor);
    return status;
}

/* Loads a tensor that must have the shape of another one. */
static enum sc_status load_like(const char *what, const char *name, const struct sc_options *t,
                                const struct sc_decode_shape *like, enum sc_format *format,
                                struct sc_decode_shape *shape, float **values,
                                struct sc_tensor *kept, struct sc_error *error)
{
    enum sc_status status = load(what, name, t, format, shape, values, kept, error);

    if (status == SC_OK && (shape->batch != like->batch || shape->heads != like->heads ||
                            shape->rows != like->rows || shape->channels != like->channels)) {
        status = sc_fail(error, SC_E_INPUT,
                         "%s: batch %d, heads %d, rows %d, channels %d, expected %d, %d, %d, %d",
                         what, shape->batch, shape->heads, shape->rows, shape->channels,
                         like->batch, like->heads, like->rows, like->channels);
    }
    return status;
}

static enum sc_status match(const char *what, int32_t found, int32_t expected,
                            struct sc_error *error)
{
    return found == expected
               ? SC_OK
               : sc_fail(error, SC_E_INPUT, "%s is %d, expected %d", what, found, expected);
}

/* O without gaps, in the order of the inputs. */
static struct sc_layout output_layout(const struct sc_problem *p, bool heads_last)
{
    const int64_t d_v = p->d_v, rows = p->n_q, heads = p->heads_q;
    const int64_t size = rows * heads * d_v;

    return (struct sc_layout){size, heads_last ? d_v : rows * d_v, heads_last ? heads * d_v : d_v,
                              p->batch * size};
}

/* db, [batch][heads]; the batch may be left out where it is 1. */
static enum sc_status load_d_b(const struct sc_options *t, const struct sc_decode_shape *q,
                               struct sc_input *input, struct sc_error *error)
{
    struct sc_tensor *const x = &input->d_b;
    enum sc_format format;
    enum sc_status status = sc_tensor_load(t->d_b, t->bf16, x, error);

    if (status == SC_OK) {
        status = sc_decode_format("--db", x, &format, error);
    }
    if (status == SC_OK && !(x->rank == 2 && x->shape[0] == q->batch && x->shape[1] == q->heads) &&
        !(x->rank == 1 && q->batch == 1 && x->shape[0] == q->heads)) {
        status = sc_fail(error, SC_E_INPUT, "--db: another shape, expected [%d, %d]", q->batch,
                         q->heads);
    }
    return status;
}

/* dO, and what is examined: O, or gradients. */
static enum sc_status load_results(const struct sc_options *t, bool with_out,
                                   const struct sc_decode_shape *q, const struct sc_decode_shape *k,
                                   const struct sc_decode_shape *v, struct sc_input *input,
                                   struct sc_error *error)
{
    struct sc_problem *p = &input->problem;
    const struct sc_decode_shape o = {q->batch, q->heads, q->rows, v->channels, p->o};
    const struct {
        const char *what, *name;
        const struct sc_decode_shape *like;
        struct sc_tensor *kept;
    } gradients[] = {{"--dq", t->d_q, q, &input->d_q},
                     {"--dk", t->d_k, k, &input->d_k},
                     {"--dv", t->d_v, v, &input->d_v}};
    struct sc_decode_shape shape = o;
    enum sc_format format = p->format_in;
    enum sc_status status = SC_OK;

    if (t->backward == NULL) {
        status =
            load_like("--out", t->out, t, &o, &p->format_out, &shape, NULL, &input->out, error);
        p->o = shape.layout;
        return status;
    }
    status = load_like("--backward", t->backward, t, &o, &format, &shape, &input->d_o, NULL, error);
    p->o = shape.layout;
    if (status == SC_OK && format != p->format_in) {
        status = sc_fail(error, SC_E_INPUT, "--backward: another type than --q, expected the same");
    }
    for (size_t n = 0; n < sizeof gradients / sizeof gradients[0] && status == SC_OK; n++) {
        if (gradients[n].name != NULL) {
            status = load_like(gradients[n].what, gradients[n].name, t, gradients[n].like, &format,
                               &shape, NULL, gradients[n].kept, error);
        }
    }
    if (status == SC_OK && t->d_b != NULL) {
        status = load_d_b(t, q, input, error);
    }
    if (status == SC_OK && with_out && t->d_q == NULL && t->d_k == NULL && t->d_v == NULL &&
        t->d_b == NULL) {
        status = sc_fail(error, SC_E_INPUT,
                         "--backward: no gradient to examine, expected --dq, --dk, --dv or --db");
    }
    return status;
}

static enum sc_status load_tensors(const struct sc_options *t, bool with_out,
                                   struct sc_input *input, struct sc_error *error)
{
    struct sc_problem *p = &input->problem;
    struct sc_decode_shape q, k, v;
    enum sc_format of_k = SC_FORMAT_FP32, of_v = SC_FORMAT_FP32;

    enum sc_status status = load("--q", t->q, t, &p->format_in, &q, &input->q, NULL, error);
    if (status == SC_OK) {
        status = load("--k", t->k, t, &of_k, &k, &input->k, NULL, error);
    }
    if (status == SC_OK) {
        status = load("--v", t->v, t, &of_v, &v, &input->v, NULL, error);
    }
    if (status != SC_OK) {
        return status;
    }
    if (of_k != p->format_in || of_v != p->format_in) {
        return sc_fail(error, SC_E_INPUT, "--k, --v: another type than --q, expected the same");
    }
    const struct {
        const char *what;
        int32_t found, expected;
    } same[] = {{"--k: batch", k.batch, q.batch},
                {"--v: batch", v.batch, q.batch},
                {"--v: heads", v.heads, k.heads},
                {"--v: rows", v.rows, k.rows},
                {"--k: channels", k.channels, q.channels}};
    for (size_t x = 0; x < sizeof same / sizeof same[0] && status == SC_OK; x++) {
        status = match(same[x].what, same[x].found, same[x].expected, error);
    }
    p->batch = q.batch;
    p->heads_q = q.heads;
    p->heads_kv = k.heads;
    p->n_q = q.rows;
    p->n_k = k.rows;
    p->d = q.channels;
    p->d_v = v.channels;
    p->q = q.layout;
    p->k = k.layout;
    p->v = v.layout;
    p->format_out = p->format_in;
    p->o = output_layout(p, input->heads_last);
    if (status == SC_OK && (with_out || t->backward != NULL)) {
        status = load_results(t, with_out, &q, &k, &v, input, error);
    }
    return status;
}

static enum sc_status read_pair(const char *what, const char *text, int32_t low, int32_t *first,
                                int32_t *second, struct sc_error *error)
{
    int32_t *values = NULL;
    int32_t count = 0;
    enum sc_status status = sc_values_ints(what, text, &values, &count, error);

    if (status == SC_OK && (count != 2 || values[0] < low || values[1] < low ||
                            values[0] > SC_LENGTH_MAX || values[1] > SC_LENGTH_MAX)) {
        status = sc_fail(error, SC_E_INPUT, "%s: '%s', expected two integers from %d to %d", what,
                         text, low, SC_LENGTH_MAX);
    }
    if (status == SC_OK) {
        *first = values[0];
        *second = values[1];
    }
    free(values);
    return status;
}

static enum sc_status load_plane(const struct sc_options *t, struct sc_input *input,
                                 struct sc_error *error)
{
    struct sc_plane *plane = &input->problem.plane;
    struct sc_decode_shape shape;
    enum sc_status status = sc_tensor_load(t->mask, false, &input->plane, error);

    if (status == SC_OK && input->plane.type != SC_TENSOR_BOOL &&
        input->plane.type != SC_TENSOR_U8) {
        status = sc_fail(error, SC_E_INPUT, "--mask: elements of type %s, expected bool or uint8",
                         sc_tensor_type_name(input->plane.type));
    }
    if (status == SC_OK) {
        status = sc_decode_shape("--mask", &input->plane, SC_DECODE_BHND, &shape, error);
    }
    plane->block_rows = 1;
    plane->block_keys = 1;
    if (status == SC_OK && t->block != NULL) {
        status = read_pair("--block", t->block, 1, &plane->block_rows, &plane->block_keys, error);
    }
    if (status == SC_OK && shape.batch != 1) {
        status = match("--mask: batch", shape.batch, input->problem.batch, error);
    }
    if (status == SC_OK && shape.heads != 1) {
        status = match("--mask: heads", shape.heads, input->problem.heads_q, error);
    }
    if (status != SC_OK) {
        return status;
    }
    plane->visible = input->plane.data;
    plane->layout = shape.layout;
    plane->layout.stride_batch = shape.batch == 1 ? 0 : shape.layout.stride_batch;
    plane->layout.stride_head = shape.heads == 1 ? 0 : shape.layout.stride_head;
    plane->rows = shape.rows;
    plane->keys = shape.channels;
    return SC_OK;
}

/* A list that must have one value for each of `expected`. */
static enum sc_status read_ints(const char *what, const char *text, int32_t expected,
                                int32_t **values, struct sc_error *error)
{
    int32_t count = 0;
    enum sc_status status = sc_values_ints(what, text, values, &count, error);

    if (status == SC_OK && count != expected) {
        status = sc_fail(error, SC_E_INPUT, "%s: %d values, expected %d", what, count, expected);
    }
    return status;
}

static enum sc_status read_floats(const char *what, const char *text, int32_t expected,
                                  float **values, struct sc_error *error)
{
    int32_t count = 0;
    enum sc_status status = sc_values_floats(what, text, values, &count, error);

    if (status == SC_OK && count != expected) {
        status = sc_fail(error, SC_E_INPUT, "%s: %d values, expected %d", what, count, expected);
    }
    return status;
}

static enum sc_status read_masks(const struct sc_options *t, struct sc_input *input,
                                 struct sc_error *error)
{
    struct sc_problem *p = &input->problem;
    enum sc_status status = SC_OK;

    p->left = SC_MASK_UNBOUNDED;
    p->right = t->causal ? 0 : SC_MASK_UNBOUNDED;
    if (t->window != NULL) {
        int32_t right = 0;
        status = read_pair("--window", t->window, 0, &p->left, &right, error);
        p->right = t->causal ? 0 : right;
    }
    if (status == SC_OK && (t->starts_q != NULL || t->starts_k != NULL)) {
        if (t->starts_q == NULL || t->starts_k == NULL || p->batch != 1) {
            return sc_fail(error, SC_E_INPUT,
                           "--starts-q, --starts-k: expected both, and tensors of batch 1");
        }
        int32_t count = 0;
        status = sc_values_ints("--starts-q", t->starts_q, &input->starts_q, &count, error);
        if (status == SC_OK && count < 2) {
            status = sc_fail(error, SC_E_INPUT, "--starts-q: 1 value, expected two or more");
        }
        if (status == SC_OK) {
            p->batch = count - 1;
            status = read_ints("--starts-k", t->starts_k, count, &input->starts_k, error);
        }
        p->starts_q = input->starts_q;
        p->starts_k = input->starts_k;
    }
    if (status == SC_OK && t->key_lengths != NULL) {
        status = read_ints("--key-lengths", t->key_lengths, p->batch, &input->key_lengths, error);
        p->key_lengths = input->key_lengths;
    }
    if (status == SC_OK && t->alibi != NULL) {
        status = read_floats("--alibi", t->alibi, p->heads_q, &input->slopes, error);
        p->slopes = input->slopes;
    }
    if (status == SC_OK && t->block != NULL && t->mask == NULL) {
        return sc_fail(error, SC_E_INPUT, "--block: given without --mask, expected both");
    }
    return status == SC_OK && t->mask != NULL ? load_plane(t, input, error) : status;
}

static enum sc_status read_bias_rule(const char *rule, struct sc_input *input,
                                     struct sc_error *error)
{
    struct sc_problem *p = &input->problem;
    enum sc_bias_rule kind = SC_BIAS_RULE_CONSTANT;
    int32_t n = 0;
    enum sc_status status = SC_OK;

    if (*rule == '\0' || strcmp(rule, "=padded") == 0) {
        kind = SC_BIAS_RULE_PADDED;
    } else if (strcmp(rule, "=valid") == 0) {
        kind = SC_BIAS_RULE_VALID;
    } else if (*rule == '=') {
        status = sc_values_int("--bias -log-n", rule + 1, 1, SC_LENGTH_MAX, &n, error);
    } else {
        status = sc_fail(error, SC_E_INPUT,
                         "--bias: '-log-n%s', expected -log-n, -log-n=padded, -log-n=valid or "
                         "-log-n=NUMBER",
                         rule);
    }
    input->bias = calloc((size_t)p->batch, sizeof *input->bias);
    if (status == SC_OK && input->bias == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "--bias: no memory");
    }
    return status == SC_OK ? sc_constants_bias(p, kind, n, input->bias, &p->bias_scope, error)
                           : status;
}

static enum sc_status read_constants(const struct sc_options *t, struct sc_input *input,
                                     struct sc_error *error)
{
    struct sc_problem *p = &input->problem;
    enum sc_status status = SC_OK;

    p->tau = sc_constants_scale(p->d);
    if (t->scale != NULL) {
        status = sc_values_float("--scale", t->scale, &p->tau, error);
    }
    if (status != SC_OK) {
        return status;
    }
    if ((t->bias != NULL) + (t->bias_head != NULL) + (t->bias_sequence != NULL) != 1) {
        return sc_fail(error, SC_E_INPUT,
                       "--bias: expected one of --bias, --bias-head and --bias-sequence; --bias "
                       "-log-n is the paper's");
    }
    if (t->bias != NULL && strncmp(t->bias, "-log-n", 6) == 0) {
        status = read_bias_rule(t->bias + 6, input, error);
    } else if (t->bias != NULL) {
        status = read_floats("--bias", t->bias, 1, &input->bias, error);
    } else if (t->bias_head != NULL) {
        p->bias_scope = SC_BIAS_PER_HEAD;
        status = read_floats("--bias-head", t->bias_head, p->heads_q, &input->bias, error);
    } else {
        p->bias_scope = SC_BIAS_PER_SEQUENCE;
        status = read_floats("--bias-sequence", t->bias_sequence, p->batch, &input->bias, error);
    }
    p->bias = input->bias;
    return status;
}

enum sc_status sc_input_read(const char *command, int argc, char **argv, bool with_out,
                             struct sc_input *input, struct sc_error *error)
{
    struct sc_options t = {.q = NULL};

    *input = (struct sc_input){.precision = SC_ORACLE_PRECISION_DEFAULT};
    enum sc_status status = sc_options_parse(command, argc, argv, with_out, &t, error);
    input->help = t.help;
    input->json = t.json;
    input->weights = t.weights;
    input->heads_last = t.layout != NULL && strcmp(t.layout, "bnhd") == 0;
    input->lo = t.lo;
    input->hi = t.hi;
    input->mid = t.mid;
    if (status != SC_OK || input->help) {
        return status;
    }
    if (t.layout != NULL && strcmp(t.layout, "bhnd") != 0 && strcmp(t.layout, "bnhd") != 0) {
        return sc_fail(error, SC_E_INPUT, "--layout: '%s', expected bhnd or bnhd", t.layout);
    }
    status = sc_input_oracle(&t, input, error);
    if (status == SC_OK) {
        status = load_tensors(&t, with_out, input, error);
    }
    if (status == SC_OK) {
        status = read_masks(&t, input, error);
    }
    if (status == SC_OK) {
        status = read_constants(&t, input, error);
    }
    if (status == SC_OK) {
        sc_input_schedule_formats(input);
        status = sc_problem_explain(&input->problem, error);
    }
    return status;
}

void sc_input_destroy(struct sc_input *input)
{
    sc_tensor_destroy(&input->plane);
    sc_tensor_destroy(&input->d_b);
    sc_tensor_destroy(&input->d_v);
    sc_tensor_destroy(&input->d_k);
    sc_tensor_destroy(&input->d_q);
    sc_tensor_destroy(&input->out);
    free(input->starts_k);
    free(input->starts_q);
    free(input->key_lengths);
    free(input->slopes);
    free(input->bias);
    free(input->d_o);
    free(input->v);
    free(input->k);
    free(input->q);
    *input = (struct sc_input){.precision = 0};
}
