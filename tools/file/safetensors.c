/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/file/safetensors.h"

#include "reference/save.h"
#include "spec/size.h"
#include "spec/size_bytes.h"
#include "tools/file/safetensors_scan.h"

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METADATA     "__metadata__"
#define LENGTH_BYTES 8
#define ALIGNMENT    8
#define LISTED_BYTES 200 /* of tensor names in a message */

static const char *const dtypes[SC_TENSOR_TYPES] = {
    [SC_TENSOR_BF16] = "BF16", [SC_TENSOR_FP16] = "F16",  [SC_TENSOR_FP32] = "F32",
    [SC_TENSOR_FP64] = "F64",  [SC_TENSOR_BOOL] = "BOOL", [SC_TENSOR_U8] = "U8",
    [SC_TENSOR_U16] = "U16",   [SC_TENSOR_U32] = "U32",   [SC_TENSOR_U64] = "U64",
    [SC_TENSOR_I8] = "I8",     [SC_TENSOR_I16] = "I16",   [SC_TENSOR_I32] = "I32",
    [SC_TENSOR_I64] = "I64",
};

/* A tensor of the header. Offsets count from the start of the data. */
struct entry {
    const char *name; /* borrowed from the JSON tree */
    enum sc_tensor_type type;
    int32_t rank;
    int64_t shape[SC_SIZE_RANK_MAX];
    int64_t begin;
    int64_t end;
};

struct header {
    json_t *tree;
    struct entry *entries; /* in the order of their data */
    size_t count;
    int64_t data; /* offset of the data in the file */
    int64_t data_size;
};

static void release(struct header *header)
{
    free(header->entries);
    json_decref(header->tree);
}

static enum sc_status refuse(const char *where, const char *name, const char *expected,
                             struct sc_error *error)
{
    return sc_fail(error, SC_E_INPUT, "%s: tensor \"%.80s\": expected %s", where, name, expected);
}

static enum sc_status parse(const char *where, const char *text, size_t size, json_t **tree,
                            struct sc_error *error)
{
    json_error_t json_error;

    *tree = json_loadb(text, size, JSON_REJECT_DUPLICATES, &json_error);
    if (*tree != NULL) {
        return SC_OK;
    }
    switch (json_error_code(&json_error)) {
    case json_error_out_of_memory:
        return sc_fail(error, SC_E_MEMORY, "%s: no memory for its JSON header", where);
    case json_error_duplicate_key:
        return sc_fail(error, SC_E_INPUT,
                       "%s: JSON header, byte %d: duplicate key, expected each once", where,
                       json_error.position);
    case json_error_invalid_utf8:
        return sc_fail(error, SC_E_INPUT, "%s: JSON header, byte %d: expected valid UTF-8", where,
                       json_error.position);
    default:
        return sc_fail(error, SC_E_INPUT, "%s: JSON header, byte %d: %s, expected JSON", where,
                       json_error.position, json_error.text);
    }
}

static enum sc_status read_shape(const char *where, struct entry *entry, const json_t *shape,
                                 struct sc_error *error)
{
    if (!json_is_array(shape)) {
        return refuse(where, entry->name, "shape to be an array", error);
    }
    if (json_array_size(shape) > SC_SIZE_RANK_MAX) {
        return refuse(where, entry->name, "a rank of at most 8", error);
    }
    entry->rank = (int32_t)json_array_size(shape);
    for (int32_t i = 0; i < entry->rank; i++) {
        const json_t *dimension = json_array_get(shape, (size_t)i);
        if (!json_is_integer(dimension)) {
            return refuse(where, entry->name, "shape to hold integers", error);
        }
        entry->shape[i] = json_integer_value(dimension);
    }
    return SC_OK;
}

static enum sc_status read_offsets(const char *where, struct entry *entry, const json_t *offsets,
                                   struct sc_error *error)
{
    const json_t *begin = json_array_get(offsets, 0); /* NULL when it is not an array */
    const json_t *end = json_array_get(offsets, 1);

    if (json_array_size(offsets) != 2 || !json_is_integer(begin) || !json_is_integer(end)) {
        return refuse(where, entry->name, "data_offsets to be two integers", error);
    }
    entry->begin = json_integer_value(begin);
    entry->end = json_integer_value(end);
    return SC_OK;
}

/* One tensor on its own: fields, type, size. */
static enum sc_status read_entry(const char *where, const json_t *fields, int64_t data_size,
                                 struct entry *entry, struct sc_error *error)
{
    const json_t *dtype = json_object_get(fields, "dtype"); /* NULL when it is not an object */
    const json_t *shape = json_object_get(fields, "shape");
    const json_t *offsets = json_object_get(fields, "data_offsets");

    if (dtype == NULL || shape == NULL || offsets == NULL || json_object_size(fields) != 3) {
        return refuse(where, entry->name, "the fields dtype, shape, data_offsets and no other",
                      error);
    }
    if (!json_is_string(dtype)) {
        return refuse(where, entry->name, "dtype to be a string", error);
    }
    int type = 0;
    while (type < SC_TENSOR_TYPES && strcmp(dtypes[type], json_string_value(dtype)) != 0) {
        type++;
    }
    if (type == SC_TENSOR_TYPES) {
        return sc_fail(
            error, SC_E_INPUT,
            "%s: tensor \"%.80s\": dtype \"%.20s\", expected one of BF16 F16 F32 F64 BOOL "
            "U8 U16 U32 U64 I8 I16 I32 I64",
            where, entry->name, json_string_value(dtype));
    }
    entry->type = (enum sc_tensor_type)type;
    enum sc_status status = read_shape(where, entry, shape, error);
    if (status == SC_OK) {
        status = read_offsets(where, entry, offsets, error);
    }
    if (status != SC_OK) {
        return status;
    }
    const int32_t item = sc_tensor_type_bytes(entry->type);
    const int64_t size = sc_size_bytes(entry->shape, entry->rank, item, INT64_MAX);
    const int64_t span = sc_size_span(entry->begin, entry->end, data_size);
    if (size < 0) {
        return refuse(where, entry->name, "a size below 2^63 bytes, the shape overflows", error);
    }
    if (span < 0) {
        return refuse(where, entry->name, "data_offsets that rise and end within the data", error);
    }
    if (span != size) {
        return sc_fail(
            error, SC_E_INPUT,
            "%s: tensor \"%.80s\": data_offsets span %lld bytes, expected the %lld of its "
            "shape and dtype",
            where, entry->name, (long long)span, (long long)size);
    }
    if (entry->begin % item != 0) {
        return refuse(where, entry->name, "data aligned to the item size", error);
    }
    return SC_OK;
}

static enum sc_status read_metadata(const char *where, json_t *metadata, struct sc_error *error)
{
    const char *key;
    json_t *value;

    if (!json_is_object(metadata)) {
        return sc_fail(error, SC_E_INPUT, "%s: expected %s to be an object", where, METADATA);
    }
    json_object_foreach(metadata, key, value)
    {
        if (!json_is_string(value)) {
            return sc_fail(error, SC_E_INPUT, "%s: expected %s to hold strings only", where,
                           METADATA);
        }
    }
    return SC_OK;
}

static int by_offset(const void *left, const void *right)
{
    const struct entry *a = left;
    const struct entry *b = right;

    if (a->begin != b->begin) {
        return a->begin < b->begin ? -1 : 1;
    }
    return (a->end > b->end) - (a->end < b->end);
}

/* All tensors together: they cover the data, each byte once. */
static enum sc_status check_cover(const char *where, const struct header *header,
                                  struct sc_error *error)
{
    int64_t end = 0;

    for (size_t i = 0; i < header->count; i++) {
        const struct entry *entry = &header->entries[i];
        if (entry->begin < end) {
            return refuse(where, entry->name, "no overlap with another tensor", error);
        }
        if (entry->begin > end) {
            return refuse(where, entry->name, "no hole before its data", error);
        }
        end = entry->end;
    }
    if (end != header->data_size) {
        return sc_fail(error, SC_E_INPUT,
                       "%s: trailing bytes: data of %lld bytes, expected the %lld of its tensors",
                       where, (long long)header->data_size, (long long)end);
    }
    return SC_OK;
}

static enum sc_status read_entries(const char *where, struct header *header, struct sc_error *error)
{
    const char *key;
    json_t *value;

    const size_t keys = json_object_size(header->tree);
    if (keys > SC_SAFETENSORS_TENSORS_MAX) {
        return sc_fail(error, SC_E_INPUT, "%s: %zu tensors, too many, expected at most %d", where,
                       keys, SC_SAFETENSORS_TENSORS_MAX);
    }
    header->entries = calloc(keys + 1, sizeof header->entries[0]);
    if (header->entries == NULL) {
        return sc_fail(error, SC_E_MEMORY, "%s: no memory for %zu tensors", where, keys);
    }
    json_object_foreach(header->tree, key, value)
    {
        enum sc_status status;
        if (strcmp(key, METADATA) == 0) {
            status = read_metadata(where, value, error);
        } else {
            struct entry *entry = &header->entries[header->count++];
            entry->name = key;
            status = read_entry(where, value, header->data_size, entry, error);
        }
        if (status != SC_OK) {
            return status;
        }
    }
    qsort(header->entries, header->count, sizeof header->entries[0], by_offset);
    return check_cover(where, header, error);
}

/* On failure too, `header` must be released. */
static enum sc_status read_header(const struct sc_bytes *bytes, struct header *header,
                                  struct sc_error *error)
{
    unsigned char start[LENGTH_BYTES];
    uint64_t length = 0;
    enum sc_status status = sc_bytes_get(bytes, 0, start, sizeof start, error);

    if (status != SC_OK) {
        return status;
    }
    for (int i = 0; i < LENGTH_BYTES; i++) {
        length |= (uint64_t)start[i] << (8 * i);
    }
    if (length > SC_SAFETENSORS_HEADER_MAX) {
        return sc_fail(error, SC_E_INPUT, "%s: header length %llu, expected at most %d",
                       bytes->where, (unsigned long long)length, SC_SAFETENSORS_HEADER_MAX);
    }
    if ((int64_t)length > bytes->size - LENGTH_BYTES) {
        return sc_fail(error, SC_E_INPUT, "%s: truncated: %lld bytes, expected a header of %llu",
                       bytes->where, (long long)bytes->size, (unsigned long long)length);
    }
    header->data = LENGTH_BYTES + (int64_t)length;
    header->data_size = bytes->size - header->data;

    char *text = malloc((size_t)length + 1);
    if (text == NULL) {
        return sc_fail(error, SC_E_MEMORY, "%s: no memory for %llu bytes", bytes->where,
                       (unsigned long long)length);
    }
    status = sc_bytes_get(bytes, LENGTH_BYTES, text, (size_t)length, error);
    if (status == SC_OK) {
        status = sc_safetensors_scan(bytes->where, text, (size_t)length, error);
    }
    if (status == SC_OK) {
        status = parse(bytes->where, text, (size_t)length, &header->tree, error);
    }
    free(text);
    return status == SC_OK ? read_entries(bytes->where, header, error) : status;
}

/* The tensor that is meant; NULL, and an error, when there is none. */
static const struct entry *find(const char *where, const struct header *header, const char *name,
                                struct sc_error *error)
{
    char names[LISTED_BYTES] = "";
    size_t at = 0;

    if (header->count == 0) {
        (void)sc_fail(error, SC_E_INPUT, "%s: no tensors, expected at least one", where);
        return NULL;
    }
    if (name == NULL && header->count == 1) {
        return &header->entries[0];
    }
    for (size_t i = 0; i < header->count; i++) {
        if (name != NULL && strcmp(header->entries[i].name, name) == 0) {
            return &header->entries[i];
        }
        if (at < sizeof names) {
            at +=
                (size_t)snprintf(names + at, sizeof names - at, " %.80s", header->entries[i].name);
        }
    }
    if (name == NULL) {
        (void)sc_fail(error, SC_E_INPUT, "%s: %zu tensors, expected a name, %s:NAME, one of:%s%s",
                      where, header->count, where, names, at < sizeof names ? "" : "...");
    } else {
        (void)sc_fail(error, SC_E_INPUT, "%s: no tensor \"%.80s\", expected one of:%s%s", where,
                      name, names, at < sizeof names ? "" : "...");
    }
    return NULL;
}

enum sc_status sc_safetensors_read(const struct sc_bytes *bytes, const char *name,
                                   struct sc_tensor *tensor, struct sc_error *error)
{
    struct header header = {NULL, NULL, 0, 0, 0};
    struct sc_tensor made = {0};
    const struct entry *entry = NULL;

    enum sc_status status = read_header(bytes, &header, error);
    if (status != SC_OK) {
        goto done;
    }
    entry = find(bytes->where, &header, name, error);
    if (entry == NULL) {
        status = SC_E_INPUT;
        goto done;
    }
    status = sc_tensor_create(entry->type, entry->rank, entry->shape, &made, error);
    if (status == SC_OK) {
        status = sc_bytes_get(bytes, header.data + entry->begin, made.data, made.size_bytes, error);
    }
    if (status == SC_OK) {
        status = sc_tensor_check(&made, bytes->where, error);
    }
    if (status == SC_OK) {
        status = sc_bytes_check(bytes, error);
    }
done:
    release(&header);
    if (status == SC_OK) {
        *tensor = made;
    } else {
        sc_tensor_destroy(&made);
    }
    return status;
}

enum sc_status sc_safetensors_load(const char *path, const char *name, struct sc_tensor *tensor,
                                   struct sc_error *error)
{
    struct sc_bytes bytes;
    enum sc_status status = sc_bytes_open(path, &bytes, error);

    if (status == SC_OK) {
        status = sc_safetensors_read(&bytes, name, tensor, error);
        sc_bytes_close(&bytes);
    }
    return status;
}

/* A tensor to write, and its name. */
struct item {
    const char *name;
    const struct sc_tensor *tensor;
};

static int by_size_and_name(const void *left, const void *right)
{
    const struct item *a = left;
    const struct item *b = right;
    const int32_t a_bytes = sc_tensor_type_bytes(a->tensor->type);
    const int32_t b_bytes = sc_tensor_type_bytes(b->tensor->type);

    return a_bytes != b_bytes ? b_bytes - a_bytes : strcmp(a->name, b->name);
}

static enum sc_status check_items(const char *path, const struct item *items, int32_t count,
                                  json_t *tree, struct sc_error *error)
{
    int64_t offset = 0;

    for (int32_t i = 0; i < count; i++) {
        const struct sc_tensor *tensor = items[i].tensor;
        json_t *shape = json_array();

        if (strcmp(items[i].name, METADATA) == 0 || json_object_get(tree, items[i].name) != NULL) {
            json_decref(shape);
            return refuse(path, items[i].name, "another name, this one is taken", error);
        }
        for (int32_t d = 0; shape != NULL && d < tensor->rank; d++) {
            if (json_array_append_new(shape, json_integer(tensor->shape[d])) != 0) {
                json_decref(shape);
                return sc_fail(error, SC_E_MEMORY, "%s: no memory for its header", path);
            }
        }
        const int64_t end = sc_size_plus(offset, (int64_t)tensor->size_bytes, (int64_t)1 << 53);
        if (end < 0) {
            json_decref(shape);
            return refuse(path, items[i].name, "at most 2^53 bytes of data", error);
        }
        json_t *fields = json_pack("{s:s, s:o, s:[I, I]}", "dtype", dtypes[tensor->type], "shape",
                                   shape, "data_offsets", (json_int_t)offset, (json_int_t)end);
        if (json_object_set_new(tree, items[i].name, fields) != 0) {
            return refuse(path, items[i].name, "a name in valid UTF-8, and memory for it", error);
        }
        offset = end;
    }
    return SC_OK;
}

/* Writes sorted items behind their header, padded with spaces so that the data is aligned. */
static enum sc_status save_items(const char *path, const struct item *items, int32_t count,
                                 const json_t *tree, struct sc_error *error)
{
    enum sc_status status = SC_OK;
    unsigned char length[LENGTH_BYTES];
    char *text = json_dumps(tree, JSON_COMPACT | JSON_ENSURE_ASCII);
    const size_t size = text == NULL ? 0 : strlen(text);
    const size_t padding = (ALIGNMENT - (LENGTH_BYTES + size) % ALIGNMENT) % ALIGNMENT;
    struct sc_save_part *parts = calloc((size_t)count + 3, sizeof *parts);

    if (text == NULL || parts == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "%s: no memory for its header", path);
        goto done;
    }
    if (size + padding > SC_SAFETENSORS_HEADER_MAX) {
        status = sc_fail(error, SC_E_INPUT, "%s: a header of %zu bytes, expected at most %d", path,
                         size, SC_SAFETENSORS_HEADER_MAX);
        goto done;
    }
    for (size_t x = 0; x < LENGTH_BYTES; x++) {
        length[x] = (unsigned char)((size + padding) >> (8 * x) & 0xff);
    }
    parts[0] = (struct sc_save_part){length, LENGTH_BYTES};
    parts[1] = (struct sc_save_part){text, size};
    parts[2] = (struct sc_save_part){"        ", padding};
    for (int32_t i = 0; i < count; i++) {
        parts[3 + i] = (struct sc_save_part){items[i].tensor->data, items[i].tensor->size_bytes};
    }
    status = sc_save(path, parts, (size_t)count + 3, error);
done:
    free(parts);
    free(text);
    return status;
}

enum sc_status sc_safetensors_save(const char *path, const char *const *names,
                                   const struct sc_tensor *tensors, int32_t count,
                                   struct sc_error *error)
{
    enum sc_status status = SC_OK;
    json_t *tree = NULL;
    struct item *items = NULL;

    if (count < 0 || count > SC_SAFETENSORS_TENSORS_MAX) {
        return sc_fail(error, SC_E_INPUT, "%s: %d tensors, expected 0 to %d", path, count,
                       SC_SAFETENSORS_TENSORS_MAX);
    }
    for (int32_t i = 0; i < count && status == SC_OK; i++) {
        status = sc_tensor_check(&tensors[i], path, error);
    }
    if (status != SC_OK) {
        return status;
    }
    tree = json_object();
    items = calloc((size_t)count + 1, sizeof *items);
    if (tree == NULL || items == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "%s: no memory for its header", path);
        goto done;
    }
    for (int32_t i = 0; i < count; i++) {
        items[i] = (struct item){names[i], &tensors[i]};
    }
    qsort(items, (size_t)count, sizeof *items, by_size_and_name);
    status = check_items(path, items, count, tree, error);
    if (status == SC_OK) {
        status = save_items(path, items, count, tree, error);
    }
done:
    free(items);
    json_decref(tree);
    return status;
}
