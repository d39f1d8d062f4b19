/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/image_state.h"
#include "spec/format_value.h"

#include <string.h>

#define AROUND 0xffb7ffb7u /* around outputs: a NaN in every format */

uint32_t sc_image_poison(enum sc_format format)
{
    if (format == SC_FORMAT_FP32) {
        return 0x7fa5c3e1u;
    }
    return format == SC_FORMAT_FP16 ? 0x7d93u : 0x7fb3u;
}

static void put(unsigned char *at, uint32_t bits, int32_t bytes)
{
    at[0] = (unsigned char)bits;
    at[1] = (unsigned char)(bits >> 8);
    if (bytes == 4) {
        at[2] = (unsigned char)(bits >> 16);
        at[3] = (unsigned char)(bits >> 24);
    }
}

/* The bits of an element that is exact in its format, of a NaN too where the format has them. */
static uint32_t encode(enum sc_format format, float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    if (format == SC_FORMAT_FP32) {
        return bits;
    }
    return format == SC_FORMAT_BF16 && (bits & 0xffffu) == 0 ? bits >> 16
                                                             : sc_format_encode(format, (double)x);
}

/* What is around an input: element n of a pattern. */
static uint32_t around(const struct sc_prepared *prepared, enum sc_tensor tensor,
                       const float *values, int64_t count, int64_t n)
{
    const enum sc_format format = sc_prepared_extent(&prepared->c.problem, tensor).format;
    const uint32_t infinity = sc_format_infinity(format);

    switch (prepared->recipe.hidden) {
    case SC_HIDDEN_INFINITE:
        return infinity;
    case SC_HIDDEN_LARGE:
        return infinity - 1;
    case SC_HIDDEN_DRAWN:
        return encode(format, count > 0 ? values[n % count] : 1.0f);
    case SC_HIDDEN_ZERO:
        return 0;
    default:
        return infinity + (uint32_t)sc_format_power(sc_format_precision(format) - 2);
    }
}

static const float *values_of(const struct sc_prepared *prepared, int32_t tensor)
{
    const struct sc_case *c = &prepared->c;
    const float *const values[] = {c->q, c->k, c->v, c->d_o};

    return values[tensor];
}

/* Fills the parts of a buffer with what is around its elements. */
static void fill_around(const struct sc_image *image, const struct sc_image_buffer *buffer)
{
    const bool tensor = buffer->kind == SC_IMAGE_TENSOR && !buffer->output;
    struct sc_extent e = {0, 0, 0, 0, SC_FORMAT_FP32};
    uint32_t pattern[64];

    if (tensor) {
        e = sc_prepared_extent(&image->prepared->c.problem, (enum sc_tensor)buffer->which);
    }
    for (int32_t n = 0; n < 64; n++) {
        if (!tensor) {
            pattern[n] = buffer->output ? AROUND : 0xffffffffu;
            continue;
        }
        const float *const values = values_of(image->prepared, buffer->which);
        const int64_t count = sc_extent_elements(&e);
        const enum sc_tensor which = (enum sc_tensor)buffer->which;
        pattern[n] = e.format == SC_FORMAT_FP32
                         ? around(image->prepared, which, values, count, n)
                         : around(image->prepared, which, values, count, 2 * n) |
                               around(image->prepared, which, values, count, 2 * n + 1) << 16;
    }
    for (int32_t n = buffer->first; n < buffer->first + buffer->count; n++) {
        const struct sc_image_part *part = &image->parts[n];
        const int64_t bytes = part->to - part->from;
        unsigned char *const to = image->copies + part->copy;
        for (int64_t done = 0; done < bytes; done += (int64_t)sizeof pattern) {
            const int64_t rest = bytes - done;
            memcpy(to + done, pattern,
                   rest < (int64_t)sizeof pattern ? (size_t)rest : sizeof pattern);
        }
    }
}

struct fill {
    const struct sc_image *image;
    const struct sc_image_buffer *buffer;
    struct sc_extent extent;
    const float *values; /* NULL: poison */
};

static void fill_row(void *context, const struct sc_image_row *row)
{
    const struct fill *my = context;
    const struct sc_extent *e = &my->extent;
    const int32_t bytes = sc_format_bytes(e->format);
    unsigned char *to = sc_image_copy(my->image, my->buffer, row->at);
    const float *from = my->values;

    if (from != NULL) {
        from += sc_extent_row(e, row->entry, row->head, row->row);
    }
    for (int32_t c = 0; c < e->width; c++, to += bytes) {
        put(to, from != NULL ? encode(e->format, from[c]) : sc_image_poison(e->format), bytes);
    }
}

static void fill_buffer(const struct sc_image *image, const struct sc_image_buffer *buffer)
{
    const struct sc_problem *p = &image->prepared->c.problem;
    const void *const arrays[SC_CALL_ARRAYS] = {p->bias,     p->slopes,   p->key_lengths,
                                                p->starts_q, p->starts_k, p->plane.visible};
    const uint32_t poison = sc_image_poison(SC_FORMAT_FP32);

    fill_around(image, buffer);
    if (buffer->kind == SC_IMAGE_TENSOR) {
        struct fill fill = {image, buffer, sc_prepared_extent(p, (enum sc_tensor)buffer->which),
                            buffer->output ? NULL : values_of(image->prepared, buffer->which)};
        sc_image_rows(image, buffer, fill_row, &fill);
        return;
    }
    unsigned char *to = sc_image_copy(image, buffer, buffer->at);
    if (buffer->kind == SC_IMAGE_ARRAY) {
        memcpy(to, arrays[buffer->which], (size_t)buffer->bytes);
        return;
    }
    for (int64_t n = 0; n < buffer->bytes; n += 4) {
        put(to + n, poison, 4);
    }
}

void sc_image_fill(struct sc_image *image)
{
    for (int32_t n = 0; n < image->buffers_count; n++) {
        fill_buffer(image, &image->buffers[n]);
    }
    for (int32_t n = 0; n < image->parts_count; n++) {
        const struct sc_image_part *part = &image->parts[n];
        memcpy(image->memory + part->from, image->copies + part->copy,
               (size_t)(part->to - part->from));
    }
}
