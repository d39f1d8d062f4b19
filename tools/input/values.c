/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/input/values.h"

#include "tools/file/tensor.h"

#include <errno.h>
#include <math.h>
#include <mpfr.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MAX (1 << 24)

/* Reads one fp32 number that ends at `*end`. MPFR rounds once and knows no locale's decimal comma. */
static int read_float(const char *text, const char **end, float *value)
{
    mpfr_t x;
    char *stop;

    mpfr_init2(x, 24);
    const mpfr_exp_t emin = mpfr_get_emin();
    (void)mpfr_set_emin(-148);
    const int inexact = mpfr_strtofr(x, text, &stop, 0, MPFR_RNDN);
    (void)mpfr_subnormalize(x, inexact, MPFR_RNDN);
    *value = mpfr_get_flt(x, MPFR_RNDN);
    (void)mpfr_set_emin(emin);
    mpfr_clear(x);
    *end = stop;
    return stop != text && *text != ' ' && isfinite(*value);
}

enum sc_status sc_values_float(const char *what, const char *text, float *value,
                               struct sc_error *error)
{
    const char *end = text;
    float result = 0.0f;

    if (!read_float(text, &end, &result) || *end != '\0') {
        return sc_fail(error, SC_E_INPUT, "%s: '%s', expected a finite fp32 number", what, text);
    }
    *value = result;
    return SC_OK;
}

enum sc_status sc_values_int(const char *what, const char *text, int32_t low, int32_t high,
                             int32_t *value, struct sc_error *error)
{
    char *end = NULL;

    errno = 0;
    const long long result = strtoll(text, &end, 10);
    if (errno != 0 || text[0] < '0' || text[0] > '9' || *end != '\0' || result < low ||
        result > high) {
        return sc_fail(error, SC_E_INPUT, "%s: '%s', expected an integer from %d to %d", what, text,
                       low, high);
    }
    *value = (int32_t)result;
    return SC_OK;
}

static size_t list_length(const char *text)
{
    size_t count = 1;

    for (const char *c = text; *c != '\0'; c++) {
        count += *c == ',' ? 1 : 0;
    }
    return count;
}

static int is_file(const char *text)
{
    return strstr(text, ".npy") != NULL || strstr(text, ".safetensors") != NULL;
}

static enum sc_status load_vector(const char *what, const char *text, struct sc_tensor *tensor,
                                  struct sc_error *error)
{
    const enum sc_status status = sc_tensor_load(text, false, tensor, error);

    if (status != SC_OK) {
        return status;
    }
    if (tensor->rank > 1 || tensor->count < 1 || tensor->count > LIST_MAX) {
        sc_tensor_destroy(tensor);
        return sc_fail(error, SC_E_INPUT, "%s: %s, expected one dimension of 1 to %d values", what,
                       text, LIST_MAX);
    }
    return SC_OK;
}

enum sc_status sc_values_floats(const char *what, const char *text, float **values, int32_t *count,
                                struct sc_error *error)
{
    struct sc_tensor tensor = {.data = NULL};
    enum sc_status status = SC_OK;
    float *list = NULL;
    size_t length = 0;

    if (is_file(text)) {
        status = load_vector(what, text, &tensor, error);
        if (status == SC_OK && tensor.type != SC_TENSOR_FP32) {
            status = sc_fail(error, SC_E_INPUT, "%s: %s has type %s, expected fp32", what, text,
                             sc_tensor_type_name(tensor.type));
        }
        length = status == SC_OK ? (size_t)tensor.count : 0;
    } else {
        length = list_length(text);
    }
    if (status == SC_OK) {
        list = calloc(length, sizeof *list);
        if (list == NULL) {
            status = sc_fail(error, SC_E_MEMORY, "%s: no memory", what);
        }
    }
    if (status == SC_OK && tensor.data != NULL) {
        memcpy(list, tensor.data, length * sizeof *list);
    } else if (status == SC_OK) {
        const char *c = text;
        for (size_t x = 0; x < length && status == SC_OK; x++) {
            const int good = read_float(c, &c, &list[x]);
            if (!good || *c != (x + 1 < length ? ',' : '\0')) {
                status = sc_fail(error, SC_E_INPUT,
                                 "%s: '%s', expected finite fp32 numbers with commas between, or "
                                 "a tensor file",
                                 what, text);
            }
            c++;
        }
    }
    sc_tensor_destroy(&tensor);
    if (status != SC_OK) {
        free(list);
        return status;
    }
    *values = list;
    *count = (int32_t)length;
    return SC_OK;
}

static int64_t integer_at(const struct sc_tensor *tensor, size_t x)
{
    if (tensor->type == SC_TENSOR_I32) {
        return ((const int32_t *)tensor->data)[x];
    }
    return ((const int64_t *)tensor->data)[x];
}

enum sc_status sc_values_ints(const char *what, const char *text, int32_t **values, int32_t *count,
                              struct sc_error *error)
{
    struct sc_tensor tensor = {.data = NULL};
    enum sc_status status = SC_OK;
    int32_t *list = NULL;
    size_t length = 0;

    if (is_file(text)) {
        status = load_vector(what, text, &tensor, error);
        if (status == SC_OK && tensor.type != SC_TENSOR_I32 && tensor.type != SC_TENSOR_I64) {
            status = sc_fail(error, SC_E_INPUT, "%s: %s has type %s, expected int32 or int64", what,
                             text, sc_tensor_type_name(tensor.type));
        }
        length = status == SC_OK ? (size_t)tensor.count : 0;
    } else {
        length = list_length(text);
    }
    if (status == SC_OK) {
        list = calloc(length, sizeof *list);
        if (list == NULL) {
            status = sc_fail(error, SC_E_MEMORY, "%s: no memory", what);
        }
    }
    const char *c = text;
    for (size_t x = 0; x < length && status == SC_OK; x++) {
        int64_t value = -1;
        if (tensor.data != NULL) {
            value = integer_at(&tensor, x);
        } else if (*c >= '0' && *c <= '9') {
            char *end = NULL;
            errno = 0;
            value = strtoll(c, &end, 10);
            value = errno == 0 && *end == (x + 1 < length ? ',' : '\0') ? value : -1;
            c = end + 1;
        }
        if (value < 0 || value > INT32_MAX) {
            status = sc_fail(error, SC_E_INPUT,
                             "%s: value %zu of '%s', expected integers from 0 to %d with commas "
                             "between, or a tensor file",
                             what, x, text, INT32_MAX);
        } else {
            list[x] = (int32_t)value;
        }
    }
    sc_tensor_destroy(&tensor);
    if (status != SC_OK) {
        free(list);
        return status;
    }
    *values = list;
    *count = (int32_t)length;
    return SC_OK;
}
