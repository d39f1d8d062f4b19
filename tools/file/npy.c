/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/file/npy.h"

#include "reference/save.h"
#include "spec/size.h"
#include "spec/size_bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC        "\x93NUMPY"
#define MAGIC_BYTES  6
#define ALIGNMENT    64
#define HEADER_ROOM  512 /* of a header that is written: 8 dimensions of at most 21 characters */
#define DESCR_LENGTH 3

static const struct {
    char descr[DESCR_LENGTH + 1];
    enum sc_tensor_type type;
} descrs[] = {
    {"<f2", SC_TENSOR_FP16}, {"<f4", SC_TENSOR_FP32}, {"<f8", SC_TENSOR_FP64},
    {"|b1", SC_TENSOR_BOOL}, {"|u1", SC_TENSOR_U8},   {"<u2", SC_TENSOR_U16},
    {"<u4", SC_TENSOR_U32},  {"<u8", SC_TENSOR_U64},  {"|i1", SC_TENSOR_I8},
    {"<i2", SC_TENSOR_I16},  {"<i4", SC_TENSOR_I32},  {"<i8", SC_TENSOR_I64},
};
#define DESCRS (sizeof descrs / sizeof descrs[0])

struct header {
    enum sc_tensor_type type;
    bool fortran_order;
    int32_t rank;
    int64_t shape[SC_SIZE_RANK_MAX];
    int64_t end; /* offset of the payload */
};

/* The text of a dictionary and how far it is read. Only spaces separate: NumPy writes no other. */
struct cursor {
    const char *where;
    const char *text;
    size_t size;
    size_t at;
    struct sc_error *error;
};

static enum sc_status refuse(const struct cursor *c, const char *expected)
{
    return sc_fail(c->error, SC_E_INPUT, "%s: .npy header, character %zu: expected %s", c->where,
                   c->at, expected);
}

/* The next character that is not a space; '\0', which no rule asks for, at the end. */
static char peek(struct cursor *c)
{
    while (c->at < c->size && c->text[c->at] == ' ') {
        c->at++;
    }
    return c->at < c->size ? c->text[c->at] : '\0';
}

static bool take(struct cursor *c, char wanted)
{
    if (peek(c) != wanted || c->at == c->size) {
        return false;
    }
    c->at++;
    return true;
}

static bool take_word(struct cursor *c, const char *word)
{
    const size_t length = strlen(word);

    (void)peek(c);
    if (c->size - c->at < length || memcmp(c->text + c->at, word, length) != 0) {
        return false;
    }
    c->at += length;
    return true;
}

/* A string in single or double quotes without escapes. */
static bool take_string(struct cursor *c, const char **string, size_t *length)
{
    const char quote = peek(c);

    if (quote != '\'' && quote != '"') {
        return false;
    }
    size_t end = c->at + 1;
    while (end < c->size && c->text[end] != quote && c->text[end] != '\\') {
        end++;
    }
    if (end == c->size || c->text[end] != quote) {
        return false;
    }
    *string = c->text + c->at + 1;
    *length = end - c->at - 1;
    c->at = end + 1;
    return true;
}

static enum sc_status read_descr(struct cursor *c, struct header *header)
{
    const struct cursor before = *c;
    const char *descr = NULL;
    size_t length = 0;

    if (!take_string(c, &descr, &length)) {
        return refuse(c, "descr to be a string (structured types are refused)");
    }
    for (size_t i = 0; i < DESCRS; i++) {
        if (length == DESCR_LENGTH && memcmp(descr, descrs[i].descr, DESCR_LENGTH) == 0) {
            header->type = descrs[i].type;
            return SC_OK;
        }
    }
    if (length > 0 && descr[0] == '>') {
        return refuse(&before, "a little-endian descr, this one is big-endian");
    }
    return refuse(&before, "descr to be one of <f2 <f4 <f8 |b1 |u1 <u2 <u4 <u8 |i1 <i2 <i4 <i8");
}

static enum sc_status read_order(struct cursor *c, struct header *header)
{
    if (take_word(c, "False")) {
        header->fortran_order = false;
        return SC_OK;
    }
    if (take_word(c, "True")) {
        header->fortran_order = true;
        return SC_OK;
    }
    return refuse(c, "fortran_order to be True or False");
}

/* Decimal digits, without sign, separator or leading zero. */
static enum sc_status read_dimension(struct cursor *c, int64_t *dimension)
{
    int64_t value = 0;

    (void)peek(c);
    const size_t first = c->at;
    while (c->at < c->size && c->text[c->at] >= '0' && c->text[c->at] <= '9') {
        value = sc_size_digit(value, c->text[c->at] - '0', INT64_MAX);
        if (value < 0) {
            return refuse(c, "a dimension below 2^63");
        }
        c->at++;
    }
    if (c->at == first) {
        return refuse(c, "a dimension in plain decimal digits");
    }
    if (c->text[first] == '0' && c->at - first > 1) {
        return refuse(c, "a dimension without leading zeros");
    }
    *dimension = value;
    return SC_OK;
}

static enum sc_status read_shape(struct cursor *c, struct header *header)
{
    if (!take(c, '(')) {
        return refuse(c, "shape to be a tuple");
    }
    header->rank = 0;
    while (!take(c, ')')) {
        if (header->rank == SC_SIZE_RANK_MAX) {
            return refuse(c, "a rank of at most 8");
        }
        const enum sc_status status = read_dimension(c, &header->shape[header->rank]);
        if (status != SC_OK) {
            return status;
        }
        header->rank++;
        if (take(c, ',')) {
            continue;
        }
        if (peek(c) != ')') {
            return refuse(c, "',' or ')' after a dimension in plain decimal digits");
        }
        if (header->rank == 1) {
            return refuse(c, "a comma after the only dimension of a tuple");
        }
    }
    return SC_OK;
}

/* `c->text` is the whole header, which ends in a newline. */
static enum sc_status read_dictionary(struct cursor *c, struct header *header)
{
    static const char *const keys[] = {"descr", "fortran_order", "shape"};
    bool seen[] = {false, false, false};

    if (c->size == 0 || c->text[c->size - 1] != '\n') {
        c->at = c->size;
        return refuse(c, "a header that ends in a newline");
    }
    c->size--;
    if (!take(c, '{')) {
        return refuse(c, "a dictionary, '{'");
    }
    while (!take(c, '}')) {
        const char *key = NULL;
        size_t length = 0;
        size_t k = 0;
        enum sc_status status = SC_OK;
        const struct cursor before = *c;

        if (!take_string(c, &key, &length)) {
            return refuse(c, "a key in quotes");
        }
        while (k < 3 && (strlen(keys[k]) != length || memcmp(keys[k], key, length) != 0)) {
            k++;
        }
        if (k == 3) {
            return refuse(&before, "the keys descr, fortran_order, shape and no other");
        }
        if (seen[k]) {
            return refuse(&before, "each key once, this one is a duplicate");
        }
        seen[k] = true;
        if (!take(c, ':')) {
            return refuse(c, "':' after a key");
        }
        status = k == 0   ? read_descr(c, header)
                 : k == 1 ? read_order(c, header)
                          : read_shape(c, header);
        if (status != SC_OK) {
            return status;
        }
        if (!take(c, ',') && peek(c) != '}') {
            return refuse(c, "',' or '}' after a value");
        }
    }
    for (size_t k = 0; k < 3; k++) {
        if (!seen[k]) {
            return sc_fail(c->error, SC_E_INPUT, "%s: .npy header: missing key, expected %s",
                           c->where, keys[k]);
        }
    }
    (void)peek(c);
    return c->at == c->size ? SC_OK : refuse(c, "only spaces after the dictionary");
}

static enum sc_status read_header(const struct sc_bytes *bytes, struct header *header,
                                  struct sc_error *error)
{
    unsigned char start[MAGIC_BYTES + 2 + 4];
    char text[SC_NPY_HEADER_MAX];
    const size_t given = bytes->size < (int64_t)sizeof start ? (size_t)bytes->size : sizeof start;
    enum sc_status status = sc_bytes_get(bytes, 0, start, given, error);

    if (status != SC_OK) {
        return status;
    }
    if (given < MAGIC_BYTES || memcmp(start, MAGIC, MAGIC_BYTES) != 0) {
        return sc_fail(error, SC_E_INPUT, "%s: no .npy magic, expected \\x93NUMPY", bytes->where);
    }
    if (given < MAGIC_BYTES + 4) {
        return sc_fail(error, SC_E_INPUT, "%s: truncated .npy: expected a version and a length",
                       bytes->where);
    }
    const int major = start[6];
    const int minor = start[7];
    if (major < 1 || major > 3 || minor != 0) {
        return sc_fail(error, SC_E_INPUT, "%s: .npy version %d.%d, expected 1.0, 2.0 or 3.0",
                       bytes->where, major, minor);
    }
    uint32_t length = (uint32_t)start[8] | (uint32_t)start[9] << 8;
    size_t first = MAGIC_BYTES + 4;
    if (major > 1) {
        if (given < sizeof start) {
            return sc_fail(error, SC_E_INPUT, "%s: truncated .npy: expected a header length",
                           bytes->where);
        }
        length |= (uint32_t)start[10] << 16 | (uint32_t)start[11] << 24;
        first = sizeof start;
    }
    if (length > SC_NPY_HEADER_MAX) {
        return sc_fail(error, SC_E_INPUT, "%s: .npy header length %lu, expected at most %d",
                       bytes->where, (unsigned long)length, SC_NPY_HEADER_MAX);
    }
    status = sc_bytes_get(bytes, (int64_t)first, text, length, error);
    if (status != SC_OK) {
        return status;
    }
    header->end = (int64_t)first + (int64_t)length;
    struct cursor c = {bytes->where, text, length, 0, error};
    return read_dictionary(&c, header);
}

/* Moves elements from Fortran order to C order: `from` is read in the order in which it lies, with a
 * multi-index whose first dimension is the fastest. */
static void reorder(const struct sc_tensor *tensor, const unsigned char *from)
{
    const size_t item = (size_t)sc_tensor_type_bytes(tensor->type);
    unsigned char *to = tensor->data;
    int64_t step[SC_SIZE_RANK_MAX];
    int64_t index[SC_SIZE_RANK_MAX] = {0};
    int64_t place = 0;
    int64_t below = 1;

    if (tensor->count == 0) {
        return;
    }
    for (int32_t i = tensor->rank - 1; i >= 0; i--) {
        step[i] = below;
        below *= tensor->shape[i];
    }
    for (int64_t n = 0; n < tensor->count; n++) {
        memcpy(to + (size_t)place * item, from + (size_t)n * item, item);
        for (int32_t i = 0; i < tensor->rank; i++) {
            index[i]++;
            place += step[i];
            if (index[i] < tensor->shape[i]) {
                break;
            }
            place -= index[i] * step[i];
            index[i] = 0;
        }
    }
}

enum sc_status sc_npy_read(const struct sc_bytes *bytes, bool as_bf16, struct sc_tensor *tensor,
                           struct sc_error *error)
{
    struct header header;
    struct sc_tensor made = {0};
    void *scratch = NULL;

    memset(&header, 0, sizeof header);
    enum sc_status status = read_header(bytes, &header, error);
    if (status != SC_OK) {
        return status;
    }
    if (as_bf16 && header.type == SC_TENSOR_U16) {
        header.type = SC_TENSOR_BF16;
    }
    const int64_t expected =
        sc_size_bytes(header.shape, header.rank, sc_tensor_type_bytes(header.type), INT64_MAX);
    if (expected < 0) {
        return sc_fail(error, SC_E_INPUT,
                       "%s: the shape overflows, expected a size below 2^63 bytes", bytes->where);
    }
    if (bytes->size - header.end != expected) {
        return sc_fail(
            error, SC_E_INPUT, "%s: %s of %lld bytes, expected the %lld of the shape", bytes->where,
            bytes->size - header.end < expected ? "truncated: payload" : "trailing bytes: payload",
            (long long)(bytes->size - header.end), (long long)expected);
    }
    status = sc_tensor_create(header.type, header.rank, header.shape, &made, error);
    if (status != SC_OK) {
        return status;
    }
    void *target = made.data;
    if (header.fortran_order && header.rank > 1) {
        scratch = malloc(made.size_bytes == 0 ? 1 : made.size_bytes);
        if (scratch == NULL) {
            status = sc_fail(error, SC_E_MEMORY, "%s: no memory for %zu bytes", bytes->where,
                             made.size_bytes);
            goto done;
        }
        target = scratch;
    }
    status = sc_bytes_get(bytes, header.end, target, made.size_bytes, error);
    if (status != SC_OK) {
        goto done;
    }
    if (scratch != NULL) {
        reorder(&made, scratch);
    }
    status = sc_tensor_check(&made, bytes->where, error);
    if (status == SC_OK) {
        status = sc_bytes_check(bytes, error);
    }
done:
    free(scratch);
    if (status == SC_OK) {
        *tensor = made;
    } else {
        sc_tensor_destroy(&made);
    }
    return status;
}

enum sc_status sc_npy_load(const char *path, bool as_bf16, struct sc_tensor *tensor,
                           struct sc_error *error)
{
    struct sc_bytes bytes;
    enum sc_status status = sc_bytes_open(path, &bytes, error);

    if (status == SC_OK) {
        status = sc_npy_read(&bytes, as_bf16, tensor, error);
        sc_bytes_close(&bytes);
    }
    return status;
}

/* Appends to `text`, which has room by the choice of HEADER_ROOM. */
static size_t append(char *text, size_t at, const char *format, long long number)
{
    const int length = snprintf(text + at, HEADER_ROOM - at, format, number);
    return at + (size_t)length;
}

enum sc_status sc_npy_save(const char *path, const struct sc_tensor *tensor, struct sc_error *error)
{
    char text[HEADER_ROOM];
    const char *descr = "<u2"; /* bf16 */
    const enum sc_status status = sc_tensor_check(tensor, path, error);

    if (status != SC_OK) {
        return status;
    }
    for (size_t i = 0; i < DESCRS; i++) {
        descr = descrs[i].type == tensor->type ? descrs[i].descr : descr;
    }
    size_t at = MAGIC_BYTES + 4;
    at += (size_t)snprintf(text + at, HEADER_ROOM - at,
                           "{'descr': '%s', 'fortran_order': False, 'shape': (", descr);
    for (int32_t i = 0; i < tensor->rank; i++) {
        at = append(text, at, i == 0 ? "%lld" : ", %lld", (long long)tensor->shape[i]);
    }
    at += (size_t)snprintf(text + at, HEADER_ROOM - at, "%s), }", tensor->rank == 1 ? "," : "");
    const size_t end = (at + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    memset(text + at, ' ', end - 1 - at);
    text[end - 1] = '\n';

    const size_t length = end - MAGIC_BYTES - 4;
    memcpy(text, MAGIC "\x01", MAGIC_BYTES + 2);
    text[8] = (char)(unsigned char)(length & 0xff);
    text[9] = (char)(unsigned char)(length >> 8);

    const struct sc_save_part parts[] = {{text, end}, {tensor->data, tensor->size_bytes}};
    return sc_save(path, parts, 2, error);
}
