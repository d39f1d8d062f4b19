/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/file/tensor.h"

#include "spec/size_bytes.h"
#include "tools/file/npy.h"
#include "tools/file/safetensors.h"

#include <stdlib.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "tensors are read and written as they lie in memory: the host must be little-endian"
#endif

#define SAFETENSORS ".safetensors"

static const struct {
    const char *name;
    int32_t bytes;
} types[SC_TENSOR_TYPES] = {
    [SC_TENSOR_BF16] = {"bf16", 2},  [SC_TENSOR_FP16] = {"fp16", 2},
    [SC_TENSOR_FP32] = {"fp32", 4},  [SC_TENSOR_FP64] = {"fp64", 8},
    [SC_TENSOR_BOOL] = {"bool", 1},  [SC_TENSOR_U8] = {"uint8", 1},
    [SC_TENSOR_U16] = {"uint16", 2}, [SC_TENSOR_U32] = {"uint32", 4},
    [SC_TENSOR_U64] = {"uint64", 8}, [SC_TENSOR_I8] = {"int8", 1},
    [SC_TENSOR_I16] = {"int16", 2},  [SC_TENSOR_I32] = {"int32", 4},
    [SC_TENSOR_I64] = {"int64", 8},
};

int32_t sc_tensor_type_bytes(enum sc_tensor_type type)
{
    return (unsigned int)type < SC_TENSOR_TYPES ? types[type].bytes : 0;
}

const char *sc_tensor_type_name(enum sc_tensor_type type)
{
    return (unsigned int)type < SC_TENSOR_TYPES ? types[type].name : "unknown";
}

/* Bytes of a tensor; negative, and an error, when there is no such tensor. */
static int64_t size_of(enum sc_tensor_type type, int32_t rank, const int64_t *shape,
                       const char *where, struct sc_error *error)
{
    const int32_t item = sc_tensor_type_bytes(type);

    if (item == 0) {
        (void)sc_fail(error, SC_E_INPUT, "%s: element type %u, expected one below %d", where,
                      (unsigned int)type, SC_TENSOR_TYPES);
        return -1;
    }
    if (rank < 0 || rank > SC_SIZE_RANK_MAX) {
        (void)sc_fail(error, SC_E_INPUT, "%s: rank %d, expected 0 to %d", where, rank,
                      SC_SIZE_RANK_MAX);
        return -1;
    }
    const int64_t bytes = sc_size_bytes(shape, rank, item, INT64_MAX);
    if (bytes < 0) {
        (void)sc_fail(
            error, SC_E_INPUT,
            "%s: the shape overflows, expected dimensions >= 0 and a size below 2^63 bytes", where);
    }
    return bytes;
}

enum sc_status sc_tensor_create(enum sc_tensor_type type, int32_t rank, const int64_t *shape,
                                struct sc_tensor *tensor, struct sc_error *error)
{
    struct sc_tensor made;
    const int64_t bytes = size_of(type, rank, shape, "tensor", error);

    if (bytes < 0) {
        return SC_E_INPUT;
    }
    memset(&made, 0, sizeof made);
    made.type = type;
    made.rank = rank;
    if (rank > 0) {
        memcpy(made.shape, shape, (size_t)rank * sizeof shape[0]);
    }
    made.count = bytes / sc_tensor_type_bytes(type);
    made.size_bytes = (size_t)bytes;
    made.data = calloc(1, bytes == 0 ? 1 : (size_t)bytes);
    if (made.data == NULL) {
        return sc_fail(error, SC_E_MEMORY, "tensor: no memory for %lld bytes", (long long)bytes);
    }
    *tensor = made;
    return SC_OK;
}

void sc_tensor_destroy(struct sc_tensor *tensor)
{
    if (tensor != NULL) {
        free(tensor->data);
        memset(tensor, 0, sizeof *tensor);
    }
}

enum sc_status sc_tensor_check(const struct sc_tensor *tensor, const char *where,
                               struct sc_error *error)
{
    const int64_t bytes = size_of(tensor->type, tensor->rank, tensor->shape, where, error);

    if (bytes < 0) {
        return SC_E_INPUT;
    }
    if (tensor->size_bytes != (size_t)bytes ||
        tensor->count != bytes / sc_tensor_type_bytes(tensor->type)) {
        return sc_fail(error, SC_E_INPUT,
                       "%s: %lld elements in %zu bytes, expected the %lld bytes of the shape",
                       where, (long long)tensor->count, tensor->size_bytes, (long long)bytes);
    }
    if (tensor->data == NULL) {
        return sc_fail(error, SC_E_INPUT, "%s: no data, expected %lld bytes", where,
                       (long long)bytes);
    }
    const unsigned char *data = tensor->data;
    for (int64_t i = 0; tensor->type == SC_TENSOR_BOOL && i < bytes; i++) {
        if (data[i] > 1) {
            return sc_fail(error, SC_E_INPUT, "%s: bool element %lld is %d, expected 0 or 1", where,
                           (long long)i, data[i]);
        }
    }
    return SC_OK;
}

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text);
    const size_t end_length = strlen(end);

    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* What a name says: a format, and for .safetensors the file and the tensor apart. */
struct place {
    bool npy;
    char *path;       /* owned */
    const char *name; /* in the argument; NULL when left out */
};

static enum sc_status find_place(const char *name, struct place *place, struct sc_error *error)
{
    const char *colon = strstr(name, SAFETENSORS ":");
    size_t length = strlen(name);

    place->name = NULL;
    if (colon != NULL) {
        length = (size_t)(colon - name) + strlen(SAFETENSORS);
        place->name = name + length + 1;
        if (place->name[0] == '\0') {
            return sc_fail(error, SC_E_INPUT, "%s: nothing after ':', expected a tensor name",
                           name);
        }
    }
    place->npy = colon == NULL && ends_with(name, ".npy");
    if (colon == NULL && !place->npy && !ends_with(name, SAFETENSORS)) {
        return sc_fail(error, SC_E_INPUT,
                       "%s: unknown file type, expected FILE.npy, FILE.safetensors or "
                       "FILE.safetensors:TENSOR",
                       name);
    }
    place->path = malloc(length + 1);
    if (place->path == NULL) {
        return sc_fail(error, SC_E_MEMORY, "%s: no memory for its name", name);
    }
    memcpy(place->path, name, length);
    place->path[length] = '\0';
    return SC_OK;
}

enum sc_status sc_tensor_load(const char *name, bool as_bf16, struct sc_tensor *tensor,
                              struct sc_error *error)
{
    struct place place = {false, NULL, NULL};
    enum sc_status status = find_place(name, &place, error);

    if (status == SC_OK) {
        status = place.npy ? sc_npy_load(place.path, as_bf16, tensor, error)
                           : sc_safetensors_load(place.path, place.name, tensor, error);
    }
    free(place.path);
    return status;
}

enum sc_status sc_tensor_save(const char *name, const struct sc_tensor *tensor,
                              struct sc_error *error)
{
    struct place place = {false, NULL, NULL};
    enum sc_status status = find_place(name, &place, error);

    if (status == SC_OK && place.npy) {
        status = sc_npy_save(place.path, tensor, error);
    } else if (status == SC_OK) {
        const char *names[] = {place.name == NULL ? "tensor" : place.name};
        status = sc_safetensors_save(place.path, names, tensor, 1, error);
    }
    free(place.path);
    return status;
}
