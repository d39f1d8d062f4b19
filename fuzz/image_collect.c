/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* SEEK_DATA */
#include "fuzz/image_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE 4096

/* Sequence, head, row within the sequence and channel of an element, in words. */
static void name_element(const struct sc_image *image, int32_t tensor,
                         const struct sc_image_row *row, int32_t channel, char *text, size_t room)
{
    const struct sc_problem *p = &image->prepared->c.problem;
    const bool keys = (tensor == SC_TENSOR_K || tensor == SC_TENSOR_V || tensor == SC_TENSOR_D_K ||
                       tensor == SC_TENSOR_D_V);
    const int32_t *const starts = keys ? p->starts_k : p->starts_q;
    int32_t b = row->entry, index = row->row;

    if (starts != NULL) {
        while (b + 1 < p->batch && starts[b + 1] <= row->row) {
            b++;
        }
        index -= starts[b];
    }
    const int used =
        snprintf(text, room, "%s[b %d][h %d][%s %d]", sc_tensor_name((enum sc_tensor)tensor), b,
                 row->head, keys ? "key" : "row", index);
    if (channel >= 0 && used > 0 && (size_t)used < room) {
        (void)snprintf(text + used, room - (size_t)used, "[channel %d]", channel);
    }
}

static const char *buffer_name(const struct sc_image_buffer *buffer)
{
    static const char *const arrays[SC_CALL_ARRAYS] = {"the biases",         "the slopes",
                                                       "the key lengths",    "the starts of rows",
                                                       "the starts of keys", "the mask"};

    if (buffer->kind == SC_IMAGE_TENSOR) {
        return sc_tensor_name((enum sc_tensor)buffer->which);
    }
    return buffer->kind == SC_IMAGE_ARRAY ? arrays[buffer->which] : "db";
}

/* The last row that begins at or before a byte. */
struct nearest {
    int64_t at;
    bool found;
    struct sc_image_row row;
};

static void find_nearest(void *context, const struct sc_image_row *row)
{
    struct nearest *my = context;

    if (row->at <= my->at && (!my->found || row->at > my->row.at)) {
        my->found = true;
        my->row = *row;
    }
}

/* Where a byte is, in words. */
static void name_byte(const struct sc_image *image, const struct sc_image_buffer *buffer,
                      int64_t at, char *text, size_t room)
{
    struct nearest nearest = {at, false, {0, 0, 0, 0}};
    char row[96];

    if (at < buffer->at) {
        (void)snprintf(text, room, "%lld bytes before the start of %s",
                       (long long)(buffer->at - at), buffer_name(buffer));
        return;
    }
    if (at >= buffer->at + buffer->bytes) {
        (void)snprintf(text, room, "%lld bytes behind the end of %s",
                       (long long)(at - buffer->at - buffer->bytes + 1), buffer_name(buffer));
        return;
    }
    if (buffer->kind == SC_IMAGE_TENSOR) {
        sc_image_rows(image, buffer, find_nearest, &nearest);
    }
    if (!nearest.found) {
        (void)snprintf(text, room, "byte %lld of %s", (long long)(at - buffer->at),
                       buffer_name(buffer));
        return;
    }
    const struct sc_extent e =
        sc_prepared_extent(&image->prepared->c.problem, (enum sc_tensor)buffer->which);
    const int64_t element = (at - nearest.row.at) / sc_format_bytes(e.format);
    name_element(image, buffer->which, &nearest.row, element < e.width ? (int32_t)element : -1, row,
                 sizeof row);
    if (element < e.width) {
        (void)snprintf(text, room, "%s", row);
    } else {
        (void)snprintf(
            text, room, "%lld bytes behind %s",
            (long long)(at - nearest.row.at - (int64_t)e.width * sc_format_bytes(e.format) + 1),
            row);
    }
}

/* Appends a position to the damage's words. */
static void note(struct sc_damage *damage, const char *place, const char *what)
{
    const size_t used = strlen(damage->where);

    (void)snprintf(damage->where + used, sizeof damage->where - used, "%s%s %s",
                   used > 0 ? "; " : "", place, what);
}

static void count_bytes(const struct sc_image *image, const struct sc_image_buffer *buffer,
                        const unsigned char *now, const unsigned char *before, int64_t from,
                        int64_t bytes, struct sc_damage *damage)
{
    int64_t *const count = buffer->output ? &damage->overwritten : &damage->inputs;
    char place[192];

    for (int64_t n = 0; n < bytes; n++) {
        if (now[n] != (before != NULL ? before[n] : 0)) {
            if (*count == 0) {
                name_byte(image, buffer, from + n, place, sizeof place);
                note(damage, place, "was overwritten");
            }
            ++*count;
        }
    }
}

/* Bytes of a buffer's parts that are not as they were. */
static void compare_parts(const struct sc_image *image, const struct sc_image_buffer *buffer,
                          struct sc_damage *damage)
{
    for (int32_t n = buffer->first; n < buffer->first + buffer->count; n++) {
        const struct sc_image_part *part = &image->parts[n];
        const int64_t bytes = part->to - part->from;
        const unsigned char *now = image->memory + part->from, *before = image->copies + part->copy;
        if (memcmp(now, before, (size_t)bytes) != 0) {
            count_bytes(image, buffer, now, before, part->from, bytes, damage);
        }
    }
}

/* Pages between the parts of a sparse buffer that were a hole: bytes in them that are not 0. */
static void compare_holes(const struct sc_image *image, const struct sc_image_buffer *buffer,
                          struct sc_damage *damage)
{
    for (int32_t n = buffer->first; n + 1 < buffer->first + buffer->count; n++) {
        const off_t end = image->parts[n + 1].from;
        off_t at = image->parts[n].to;
        while (at < end && (at = lseek(image->file, at, SEEK_DATA)) >= 0 && at < end) {
            const off_t whole = at / PAGE * PAGE + PAGE, next = whole < end ? whole : end;
            count_bytes(image, buffer, image->memory + at, NULL, at, next - at, damage);
            at = next;
        }
    }
}

struct reading {
    const struct sc_image *image;
    const struct sc_image_buffer *buffer;
    struct sc_extent extent;
    uint32_t *bits; /* NULL: they are not looked at */
    struct sc_damage *damage;
};

static uint32_t get(const unsigned char *at, int32_t bytes)
{
    const uint32_t low = (uint32_t)at[0] | (uint32_t)at[1] << 8;

    return bytes == 2 ? low : low | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void note_unwritten(struct reading *my, const struct sc_image_row *row, int32_t channel)
{
    char place[192];

    if (my->damage->unwritten++ == 0) {
        name_element(my->image, my->buffer->which, row, channel, place, sizeof place);
        note(my->damage, place, "is unwritten");
    }
}

/* Takes the elements of a row, and puts the poison back, so that what differs then is damage. */
static void take_row(void *context, const struct sc_image_row *row)
{
    struct reading *my = context;
    const struct sc_extent *e = &my->extent;
    const int32_t bytes = sc_format_bytes(e->format);
    const uint32_t poison = sc_image_poison(e->format);
    unsigned char *const now = my->image->memory + row->at;

    for (int32_t c = 0; my->bits != NULL && c < e->width; c++) {
        const uint32_t bits = get(now + (int64_t)c * bytes, bytes);
        my->bits[sc_extent_row(e, row->entry, row->head, row->row) + c] = bits;
        if (bits == poison) {
            note_unwritten(my, row, c);
        }
    }
    memcpy(now, sc_image_copy(my->image, my->buffer, row->at), (size_t)e->width * (size_t)bytes);
}

static enum sc_status take_tensor(struct sc_image *image, const struct sc_image_buffer *buffer,
                                  bool done, struct sc_outcome *outcome, struct sc_error *error)
{
    struct reading reading = {
        image, buffer,
        sc_prepared_extent(&image->prepared->c.problem, (enum sc_tensor)buffer->which), NULL,
        &outcome->damage};

    if (done) {
        const size_t count = (size_t)sc_extent_elements(&reading.extent);
        reading.bits = malloc((count + 1) * sizeof *reading.bits);
        if (reading.bits == NULL) {
            return sc_fail(error, SC_E_MEMORY, "image: no memory for an output");
        }
        outcome->bits[buffer->which] = reading.bits;
    }
    sc_image_rows(image, buffer, take_row, &reading);
    return SC_OK;
}

static enum sc_status take_bias(struct sc_image *image, const struct sc_image_buffer *buffer,
                                bool done, struct sc_outcome *outcome, struct sc_error *error)
{
    unsigned char *const now = image->memory + buffer->at;
    const int32_t heads = image->prepared->c.problem.heads_q;
    char place[64];

    if (done) {
        outcome->d_b = malloc((size_t)buffer->bytes);
        if (outcome->d_b == NULL) {
            return sc_fail(error, SC_E_MEMORY, "image: no memory for db");
        }
        memcpy(outcome->d_b, now, (size_t)buffer->bytes);
        for (int64_t n = 0; n < buffer->bytes / 4; n++) {
            if (get(now + 4 * n, 4) == sc_image_poison(SC_FORMAT_FP32) &&
                outcome->damage.unwritten++ == 0) {
                (void)snprintf(place, sizeof place, "db[b %d][h %d]", (int)(n / heads),
                               (int)(n % heads));
                note(&outcome->damage, place, "is unwritten");
            }
        }
    }
    memcpy(now, sc_image_copy(image, buffer, buffer->at), (size_t)buffer->bytes);
    return SC_OK;
}

enum sc_status sc_image_collect(struct sc_image *image, bool done, struct sc_outcome *outcome,
                                struct sc_error *error)
{
    enum sc_status status = SC_OK;

    for (int32_t n = 0; status == SC_OK && n < image->buffers_count; n++) {
        const struct sc_image_buffer *buffer = &image->buffers[n];
        if (buffer->kind == SC_IMAGE_TENSOR && buffer->output) {
            status = take_tensor(image, buffer, done, outcome, error);
        }
        if (buffer->kind == SC_IMAGE_BIAS_GRADIENT) {
            status = take_bias(image, buffer, done, outcome, error);
        }
    }
    for (int32_t n = 0; status == SC_OK && n < image->buffers_count; n++) {
        compare_parts(image, &image->buffers[n], &outcome->damage);
        if (image->buffers[n].sparse) {
            compare_holes(image, &image->buffers[n], &outcome->damage);
        }
    }
    return status;
}
