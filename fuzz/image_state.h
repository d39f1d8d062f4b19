/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_IMAGE_STATE_H
#define SC_FUZZ_IMAGE_STATE_H

#include "fuzz/image.h"

#include <stddef.h>

/* The image in full, for image.c, image_fill.c and image_collect.c. Positions are bytes from the start of the memory. */

/* Bytes that were filled, with a copy of them at `copy` of the copies. */
struct sc_image_part {
    int64_t from, to, copy;
};

enum sc_image_kind { SC_IMAGE_ARRAY, SC_IMAGE_TENSOR, SC_IMAGE_BIAS_GRADIENT };

/* What is placed: an array, a tensor, or db. */
struct sc_image_buffer {
    enum sc_image_kind kind;
    int32_t which; /* enum sc_call_array or enum sc_tensor */
    bool output, sparse;
    int64_t at, bytes;    /* element 0, and how many bytes from there */
    int64_t from, to;     /* with its red zones */
    int32_t first, count; /* parts */
};

#define SC_IMAGE_BUFFERS (SC_CALL_ARRAYS + SC_TENSORS + 1)

struct sc_image {
    int64_t limit;
    int file;
    unsigned char *memory;
    int64_t capacity; /* bytes of the file */
    bool sparse;      /* the last case was: the file has holes that must stay */
    const struct sc_prepared *prepared;
    struct sc_image_buffer buffers[SC_IMAGE_BUFFERS];
    int32_t buffers_count;
    struct sc_image_part *parts;
    int32_t parts_count, parts_room;
    unsigned char *copies;
    int64_t copies_bytes, copies_room;
};

/* The copy of a byte of a part of a buffer. */
unsigned char *sc_image_copy(const struct sc_image *image, const struct sc_image_buffer *buffer,
                             int64_t at);

/* Calls visit(context, entry, head, row, position) for each row of a tensor. */
struct sc_image_row {
    int32_t entry, head, row;
    int64_t at; /* of its first byte */
};
typedef void sc_image_visit(void *context, const struct sc_image_row *row);
void sc_image_rows(const struct sc_image *image, const struct sc_image_buffer *buffer,
                   sc_image_visit *visit, void *context);

/* Fills the parts of all buffers, copies and memory, with the prepared case and what is around it. */
void sc_image_fill(struct sc_image *image);

#endif
