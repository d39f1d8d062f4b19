/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/float_text.h"
#include "fuzz/prepared.h"
#include "fuzz/recipe_text.h"
#include "fuzz/scan.h"

#include <inttypes.h>
#include <string.h>

static bool read_heads(struct sc_scan *scan, struct sc_recipe *r, int which)
{
    (void)which;
    if (!sc_scan_integer(scan, &r->heads_q)) {
        return false;
    }
    r->heads_kv = r->heads_q;
    return !sc_scan_literal(scan, '/') || sc_scan_integer(scan, &r->heads_kv);
}

enum { ROWS_OF_BATCH, ROWS_Q, ROWS_K, WIDTH, WIDTH_V, SIDE_LEFT, SIDE_RIGHT, CLIMB };

static bool read_number(struct sc_scan *scan, struct sc_recipe *r, int which)
{
    int32_t *const fields[] = {&r->batch, &r->n_q,  &r->n_k,   &r->d,
                               &r->d_v,   &r->left, &r->right, &r->climb};

    return sc_scan_integer(scan, fields[which]);
}

static bool read_format(struct sc_scan *scan, struct sc_recipe *r, int which)
{
    int index = 0;

    if (!sc_scan_word(scan, sc_recipe_formats, 3, &index)) {
        return false;
    }
    *(which == 0 ? &r->format_in : &r->format_out) = (enum sc_format)index;
    return true;
}

static bool read_tau(struct sc_scan *scan, struct sc_recipe *r, int which)
{
    const struct sc_scan found = sc_scan_piece(scan, "");

    (void)which;
    return sc_float_text_parse(found.text, found.bytes, &r->tau);
}

static bool read_bias(struct sc_scan *scan, struct sc_recipe *r, int which)
{
    int scope = 0;

    (void)which;
    if (!sc_scan_word(scan, sc_recipe_scopes, 3, &scope) || !sc_scan_literal(scan, ':')) {
        return false;
    }
    r->bias_scope = (enum sc_bias_scope)scope;
    if (scan->bytes == 3 && memcmp(scan->text, "log", 3) == 0) {
        (void)sc_scan_piece(scan, "");
        r->biases = 0;
        return true;
    }
    return sc_scan_floats(scan, r->bias, SC_RECIPE_LIST, &r->biases);
}

static bool read_alibi(struct sc_scan *scan, struct sc_recipe *r, int which)
{
    (void)which;
    return sc_scan_floats(scan, r->slopes, SC_RECIPE_LIST, &r->slopes_count);
}

static bool read_list(struct sc_scan *scan, struct sc_recipe *r, int which)
{
    int32_t *const values[] = {r->lengths, r->rows, r->keys};
    int32_t *const counts[] = {&r->lengths_count, &r->rows_count, &r->keys_count};

    return sc_scan_integers(scan, values[which], SC_RECIPE_LIST, counts[which]);
}

static bool read_packed(struct sc_scan *scan, struct sc_recipe *r, int which)
{
    int32_t count = 0;

    (void)which;
    return sc_scan_integers(scan, r->packed_q, SC_RECIPE_LIST, &r->packed_count) &&
           sc_scan_literal(scan, ':') &&
           sc_scan_integers(scan, r->packed_k, SC_RECIPE_LIST, &count) && count == r->packed_count;
}

static bool read_plane(struct sc_scan *scan, struct sc_recipe *r, int which)
{
    (void)which;
    if (!sc_scan_integer(scan, &r->block_rows) || !sc_scan_literal(scan, 'x') ||
        !sc_scan_integer(scan, &r->block_keys) || !sc_scan_literal(scan, ':') ||
        !sc_scan_integer(scan, &r->density) || r->block_rows == 0) {
        return false;
    }
    if (!sc_scan_literal(scan, ':')) {
        return true;
    }
    r->plane_shared |= sc_scan_literal(scan, 'b') ? SC_SHARED_SEQUENCES : 0;
    r->plane_shared |= sc_scan_literal(scan, 'h') ? SC_SHARED_HEADS : 0;
    return r->plane_shared != 0;
}

static bool read_values(struct sc_scan *scan, struct sc_recipe *r, int which)
{
    const char *names[SC_VALUES_CLASSES];
    int index = 0;

    (void)which;
    for (int x = 0; x < SC_VALUES_CLASSES; x++) {
        names[x] = sc_recipe_values_name((enum sc_recipe_values)x);
    }
    const bool known = sc_scan_word(scan, names, SC_VALUES_CLASSES, &index);
    r->values = (enum sc_recipe_values)index;
    return known;
}

static bool read_hidden(struct sc_scan *scan, struct sc_recipe *r, int which)
{
    const char *names[SC_HIDDEN_KINDS];
    int index = 0;

    (void)which;
    for (int x = 0; x < SC_HIDDEN_KINDS; x++) {
        names[x] = sc_recipe_hidden_name((enum sc_recipe_hidden)x);
    }
    const bool known = sc_scan_word(scan, names, SC_HIDDEN_KINDS, &index);
    r->hidden = (enum sc_recipe_hidden)index;
    return known;
}

static bool read_seed(struct sc_scan *scan, struct sc_recipe *r, int which)
{
    const size_t before = scan->bytes;

    (void)which;
    for (r->seed = 0; scan->bytes > 0; scan->text++, scan->bytes--) {
        const uint64_t digit = (uint64_t)(unsigned char)scan->text[0] - '0';
        if (digit > 9 || r->seed > (UINT64_MAX - digit) / 10) {
            return false;
        }
        r->seed = 10 * r->seed + digit;
    }
    return before > 0;
}

static bool read_backward(struct sc_scan *scan, struct sc_recipe *r, int which)
{
    int32_t flag = 0;

    (void)which;
    if (!sc_scan_integer(scan, &flag) || flag > 1) {
        return false;
    }
    r->backward = flag == 1;
    return true;
}

static bool read_place(struct sc_scan *scan, struct sc_recipe *r, int which)
{
    struct sc_recipe_place *const place = &r->places[which];

    if (scan->bytes > 0 && scan->text[0] != '+') {
        place->strided = true;
        if (!sc_scan_number(scan, INT64_MAX, &place->batch) || !sc_scan_literal(scan, ',') ||
            !sc_scan_number(scan, INT64_MAX, &place->head) || !sc_scan_literal(scan, ',') ||
            !sc_scan_number(scan, INT64_MAX, &place->row)) {
            return false;
        }
    }
    return (!sc_scan_literal(scan, '+') && place->strided) || sc_scan_integer(scan, &place->base);
}

static bool read_set(struct sc_scan *scan, struct sc_recipe *r, int which)
{
    (void)which;
    do {
        struct sc_recipe_patch patch = {0, 0, 0};
        uint64_t bits = 0;
        if (r->patches_count == SC_RECIPE_LIST ||
            !sc_scan_word(scan, sc_recipe_tensors, 8, &patch.tensor) ||
            !sc_scan_literal(scan, '@') || !sc_scan_number(scan, INT64_MAX, &patch.element) ||
            !sc_scan_literal(scan, ':') || !sc_scan_hexadecimal(scan, 8, false, &bits)) {
            return false;
        }
        patch.bits = (uint32_t)bits;
        r->patches[r->patches_count++] = patch;
    } while (sc_scan_literal(scan, ','));
    return true;
}

static bool read_hash(struct sc_scan *scan, struct sc_recipe *r, int which)
{
    (void)which;
    r->hashed = true;
    return sc_scan_hexadecimal(scan, 16, true, &r->hash);
}

/* The fields of a line. */
static const struct field {
    const char *name;
    bool (*read)(struct sc_scan *scan, struct sc_recipe *recipe, int which);
    int which;
    const char *form; /* what is expected */
} fields[] = {
    {"batch", read_number, ROWS_OF_BATCH, "a number"},
    {"heads", read_heads, 0, "a number, or two as in 4/2"},
    {"rows", read_number, ROWS_Q, "a number"},
    {"keys", read_number, ROWS_K, "a number"},
    {"d", read_number, WIDTH, "a number"},
    {"d_v", read_number, WIDTH_V, "a number"},
    {"in", read_format, 0, "bf16, fp16 or fp32"},
    {"out", read_format, 1, "bf16, fp16 or fp32"},
    {"tau", read_tau, 0, "a number as in 0x1.8p-3"},
    {"bias", read_bias, 0, "scalar:, head: or sequence: and at most 64 numbers, or log"},
    {"alibi", read_alibi, 0, "at most 64 numbers as in 0x1p-1,0x1p-2"},
    {"left", read_number, SIDE_LEFT, "a number"},
    {"right", read_number, SIDE_RIGHT, "a number"},
    {"lengths", read_list, 0, "at most 64 numbers as in 3,5"},
    {"packed", read_packed, 0, "two lists of equal length as in 3,4:5,6"},
    {"plane", read_plane, 0, "ROWSxKEYS:DENSITY, and :b, :h or :bh"},
    {"values", read_values, 0, "a class of values"},
    {"hidden", read_hidden, 0, "nan, infinite, large, drawn or zero"},
    {"seed", read_seed, 0, "a number below 2^64"},
    {"backward", read_backward, 0, "0 or 1"},
    {"climb", read_number, CLIMB, "a number"},
    {"q", read_place, SC_TENSOR_Q, "three strides, +BASE or both, as in 64,32,8+1"},
    {"k", read_place, SC_TENSOR_K, "three strides, +BASE or both, as in 64,32,8+1"},
    {"v", read_place, SC_TENSOR_V, "three strides, +BASE or both, as in 64,32,8+1"},
    {"do", read_place, SC_TENSOR_D_O, "three strides, +BASE or both, as in 64,32,8+1"},
    {"o", read_place, SC_TENSOR_O, "three strides, +BASE or both, as in 64,32,8+1"},
    {"dq", read_place, SC_TENSOR_D_Q, "three strides, +BASE or both, as in 64,32,8+1"},
    {"dk", read_place, SC_TENSOR_D_K, "three strides, +BASE or both, as in 64,32,8+1"},
    {"dv", read_place, SC_TENSOR_D_V, "three strides, +BASE or both, as in 64,32,8+1"},
    {"row_ids", read_list, 1, "at most 64 numbers"},
    {"key_ids", read_list, 2, "at most 64 numbers"},
    {"set", read_set, 0, "at most 64 of TENSOR@ELEMENT:BITS as in q@12:3f80"},
    {"hash", read_hash, 0, "16 hexadecimal digits"},
};
#define FIELDS (sizeof fields / sizeof fields[0])

/* One field, "name=value".
 *   place  its byte in the line, for messages
 *   seen   bit x: fields[x] was there */
static enum sc_status read_field(struct sc_scan text, size_t place, struct sc_recipe *recipe,
                                 uint64_t *seen, struct sc_error *error)
{
    const struct sc_scan name = sc_scan_piece(&text, "=");
    const int shown = name.bytes < 40 ? (int)name.bytes : 40;

    for (size_t x = 0; x < FIELDS; x++) {
        if (strlen(fields[x].name) != name.bytes ||
            memcmp(fields[x].name, name.text, name.bytes) != 0) {
            continue;
        }
        if ((*seen >> x & 1) != 0) {
            return sc_fail(error, SC_E_INPUT, "case line, byte %zu: %s twice, expected once", place,
                           fields[x].name);
        }
        *seen |= (uint64_t)1 << x;
        const bool valued = sc_scan_literal(&text, '=');
        const size_t before = text.bytes;
        if (!valued || !fields[x].read(&text, recipe, fields[x].which) || text.bytes > 0) {
            return sc_fail(error, SC_E_INPUT, "case line, byte %zu: %s: expected %s",
                           place + name.bytes + (valued ? 1 + (before - text.bytes) : 0),
                           fields[x].name, fields[x].form);
        }
        return SC_OK;
    }
    return sc_fail(error, SC_E_INPUT,
                   "case line, byte %zu: unknown field %.*s, expected one like rows", place, shown,
                   name.text);
}

enum sc_status sc_recipe_parse(const char *line, size_t bytes, struct sc_recipe *recipe,
                               struct sc_error *error)
{
    struct sc_recipe r = sc_recipe_plain();
    enum sc_status status = SC_OK;
    uint64_t seen = 0;

    if (bytes > 0 && line[bytes - 1] == '\n') {
        bytes--;
    }
    if (bytes >= SC_RECIPE_TEXT_MAX) {
        return sc_fail(error, SC_E_INPUT, "case line: %zu bytes, expected fewer than %d", bytes,
                       SC_RECIPE_TEXT_MAX);
    }
    struct sc_scan rest = {line, bytes};
    const struct sc_scan head = sc_scan_piece(&rest, " ");
    if (head.bytes != strlen(SC_RECIPE_HEAD) ||
        memcmp(head.text, SC_RECIPE_HEAD, head.bytes) != 0) {
        return sc_fail(error, SC_E_INPUT, "case line, byte 0: expected %s first", SC_RECIPE_HEAD);
    }
    while (status == SC_OK && sc_scan_literal(&rest, ' ')) {
        const size_t place = (size_t)(rest.text - line);
        status = read_field(sc_scan_piece(&rest, " "), place, &r, &seen, error);
    }
    if (status == SC_OK) {
        status = sc_recipe_check(&r, error);
    }
    if (status == SC_OK) {
        *recipe = r;
    }
    return status;
}
