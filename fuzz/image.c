/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* memfd_create, fallocate */
#include "fuzz/image.h"

#include "fuzz/image_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE     4096
#define TAIL     (32 << 10) /* red zone at the end */
#define CAPACITY (1 << 20)

enum sc_status sc_image_create(int64_t memory_bytes, struct sc_image **created,
                               struct sc_error *error)
{
    struct sc_image *image = calloc(1, sizeof *image);

    if (image == NULL) {
        return sc_fail(error, SC_E_MEMORY, "image: no memory");
    }
    image->limit = memory_bytes;
    image->file = memfd_create("sigmacert", MFD_CLOEXEC);
    if (image->file < 0) {
        const enum sc_status status =
            sc_fail(error, SC_E_MEMORY, "image: no memory to share: %s", strerror(errno));
        free(image);
        return status;
    }
    *created = image;
    return SC_OK;
}

void sc_image_destroy(struct sc_image *image)
{
    if (image == NULL) {
        return;
    }
    if (image->memory != NULL) {
        (void)munmap(image->memory, (size_t)image->capacity);
    }
    (void)close(image->file);
    free(image->parts);
    free(image->copies);
    free(image);
}

int sc_image_file(const struct sc_image *image)
{
    return image->file;
}

static int64_t up(int64_t x, int64_t unit)
{
    return (x + unit - 1) / unit * unit;
}

void sc_image_rows(const struct sc_image *image, const struct sc_image_buffer *buffer,
                   sc_image_visit *visit, void *context)
{
    const struct sc_problem *p = &image->prepared->c.problem;
    const struct sc_layout *layout = &image->prepared->places[buffer->which].layout;
    const struct sc_extent e = sc_prepared_extent(p, (enum sc_tensor)buffer->which);
    struct sc_image_row row = {0, 0, 0, 0};

    for (row.entry = 0; row.entry < e.entries; row.entry++) {
        for (row.head = 0; row.head < e.heads; row.head++) {
            for (row.row = 0; row.row < e.rows; row.row++) {
                row.at = buffer->at + sc_format_bytes(e.format) *
                                          sc_layout_row(layout, row.entry, row.head, row.row,
                                                        e.entries, e.heads, e.rows, e.width);
                visit(context, &row);
            }
        }
    }
}

unsigned char *sc_image_copy(const struct sc_image *image, const struct sc_image_buffer *buffer,
                             int64_t at)
{
    const struct sc_image_part *low = image->parts + buffer->first, *high = low + buffer->count;

    while (high - low > 1) {
        const struct sc_image_part *middle = low + (high - low) / 2;
        if (middle->from <= at) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return image->copies + low->copy + (at - low->from);
}

static enum sc_status add_part(struct sc_image *image, struct sc_image_buffer *buffer, int64_t from,
                               int64_t to, struct sc_error *error)
{
    if (image->parts_count == image->parts_room) {
        const int32_t room = 2 * image->parts_room + 64;
        struct sc_image_part *parts = realloc(image->parts, (size_t)room * sizeof *parts);
        if (parts == NULL) {
            return sc_fail(error, SC_E_MEMORY, "image: no memory");
        }
        image->parts = parts;
        image->parts_room = room;
    }
    if (to - from > image->limit - image->copies_bytes) {
        return sc_fail(error, SC_E_UNAVAILABLE, "image: the tensors take more than %lld bytes",
                       (long long)image->limit);
    }
    const struct sc_image_part part = {from, to, image->copies_bytes};
    image->parts[image->parts_count++] = part;
    image->copies_bytes += to - from;
    buffer->count++;
    return SC_OK;
}

/* Starts of rows, for the parts of a sparse tensor. */
struct starts {
    int64_t *at;
    int64_t count;
};

static void list_start(void *context, const struct sc_image_row *row)
{
    struct starts *starts = context;

    starts->at[starts->count++] = row->at;
}

static int by_position(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* The pages of the rows and of what is around them, and of the buffer's ends. */
static enum sc_status add_sparse_parts(struct sc_image *image, struct sc_image_buffer *buffer,
                                       struct sc_error *error)
{
    const struct sc_extent e =
        sc_prepared_extent(&image->prepared->c.problem, (enum sc_tensor)buffer->which);
    const int64_t rows = (int64_t)e.entries * e.heads * e.rows;
    const int64_t width = (int64_t)e.width * sc_format_bytes(e.format);
    struct starts starts = {malloc((size_t)(rows + 2) * sizeof(int64_t)), 0};
    enum sc_status status = SC_OK;
    int64_t from = buffer->from, to = buffer->from;

    if (starts.at == NULL) {
        return sc_fail(error, SC_E_MEMORY, "image: no memory");
    }
    sc_image_rows(image, buffer, list_start, &starts);
    starts.at[starts.count++] = buffer->at;
    starts.at[starts.count++] = buffer->at + buffer->bytes;
    qsort(starts.at, (size_t)starts.count, sizeof *starts.at, by_position);
    for (int64_t n = 0; status == SC_OK && n < starts.count; n++) {
        const int64_t low = (starts.at[n] - SC_IMAGE_ZONE) / PAGE * PAGE;
        int64_t high = up(starts.at[n] + width + SC_IMAGE_ZONE, PAGE);
        high = high < buffer->to ? high : buffer->to;
        if (low > to) {
            status = to > from ? add_part(image, buffer, from, to, error) : SC_OK;
            from = low;
        }
        to = high > to ? high : to;
    }
    if (status == SC_OK) {
        status = add_part(image, buffer, from, to, error);
    }
    free(starts.at);
    return status;
}

/* Whether a tensor has so wide gaps that they are left out. */
static bool is_sparse(const struct sc_prepared *prepared, enum sc_tensor tensor, int64_t bytes)
{
    const struct sc_extent e = sc_prepared_extent(&prepared->c.problem, tensor);

    return bytes - sc_extent_elements(&e) * sc_format_bytes(e.format) > SC_IMAGE_GAP;
}

/* Adds a buffer behind all others.
 *   base  bytes past a boundary of 256 */
static enum sc_status add_buffer(struct sc_image *image, struct sc_image_buffer buffer,
                                 int64_t base, int64_t *used, int64_t *at, struct sc_error *error)
{
    buffer.from = buffer.sparse ? up(*used, PAGE) : *used;
    buffer.at = up(buffer.from + SC_IMAGE_ZONE, 256) + base;
    if (buffer.bytes > SC_CALL_MEMORY - buffer.at - PAGE - TAIL) {
        return sc_fail(error, SC_E_MEMORY, "image: the tensors span more than 2^46 bytes");
    }
    buffer.to = up(buffer.at + buffer.bytes + SC_IMAGE_ZONE, buffer.sparse ? PAGE : 64);
    buffer.first = image->parts_count;
    *used = buffer.to;
    *at = buffer.at;
    const enum sc_status status = buffer.sparse
                                      ? add_sparse_parts(image, &buffer, error)
                                      : add_part(image, &buffer, buffer.from, buffer.to, error);
    image->buffers[image->buffers_count++] = buffer;
    return status;
}

static enum sc_status add_tensor(struct sc_image *image, enum sc_tensor tensor,
                                 struct sc_call *call, int64_t *used, struct sc_error *error)
{
    const struct sc_placement *place = &image->prepared->places[tensor];
    const struct sc_extent e = sc_prepared_extent(&image->prepared->c.problem, tensor);
    const int32_t element = sc_format_bytes(e.format);
    struct sc_image_buffer buffer = {.kind = SC_IMAGE_TENSOR, .which = (int32_t)tensor};

    if (!sc_call_has(call, tensor)) {
        return SC_OK;
    }
    if (!sc_layout_fits(&place->layout, e.entries, e.heads, e.rows, e.width) || place->base < 0 ||
        place->base >= 256) {
        return sc_fail(error, SC_E_INPUT, "image: the strides of %s leave its size",
                       sc_tensor_name(tensor));
    }
    if (tensor == SC_TENSOR_D_O && image->prepared->c.d_o == NULL && sc_extent_elements(&e) > 0) {
        return sc_fail(error, SC_E_INPUT,
                       "image: a case without dO, expected one of the backward pass");
    }
    buffer.output = tensor >= SC_TENSOR_O;
    buffer.bytes = place->layout.size * element;
    buffer.sparse = is_sparse(image->prepared, tensor, buffer.bytes);
    image->sparse = image->sparse || buffer.sparse;
    call->tensors[tensor].layout = place->layout;
    return add_buffer(image, buffer, (int64_t)place->base * element, used,
                      &call->tensors[tensor].offset, error);
}

static enum sc_status add_arrays(struct sc_image *image, struct sc_call *call, int64_t *used,
                                 struct sc_error *error)
{
    const struct sc_problem *p = &image->prepared->c.problem;
    const void *const arrays[SC_CALL_ARRAYS] = {p->bias,     p->slopes,   p->key_lengths,
                                                p->starts_q, p->starts_k, p->plane.visible};
    enum sc_status status = SC_OK;

    for (int32_t n = 0; status == SC_OK && n < SC_CALL_ARRAYS; n++) {
        const struct sc_image_buffer buffer = {.kind = SC_IMAGE_ARRAY,
                                               .which = n,
                                               .bytes =
                                                   sc_call_array_bytes(p, (enum sc_call_array)n)};
        call->arrays[n] = SC_CALL_NONE;
        if (arrays[n] != NULL) {
            status = add_buffer(image, buffer, 0, used, &call->arrays[n], error);
        }
    }
    return status;
}

/* Where everything goes: what is only read first, outputs from a page of their own on. */
static enum sc_status lay_out(struct sc_image *image, struct sc_call *call, int64_t *used,
                              struct sc_error *error)
{
    const struct sc_problem *p = &image->prepared->c.problem;
    const struct sc_image_buffer d_b = {
        .kind = SC_IMAGE_BIAS_GRADIENT, .output = true, .bytes = sc_call_bias_bytes(p)};
    enum sc_status status = add_arrays(image, call, used, error);

    for (int32_t n = 0; status == SC_OK && n < SC_TENSORS; n++) {
        *used = n == SC_TENSOR_O ? up(*used, PAGE) : *used;
        status = add_tensor(image, (enum sc_tensor)n, call, used, error);
    }
    if (status == SC_OK && call->backward && call->d_b != SC_CALL_NONE) {
        status = add_buffer(image, d_b, 0, used, &call->d_b, error);
    }
    if (status == SC_OK) {
        struct sc_image_buffer *last = &image->buffers[image->buffers_count - 1];
        struct sc_image_part *end = &image->parts[image->parts_count - 1];
        const int64_t more = up(*used + TAIL, PAGE) - *used;
        end->to += more;
        image->copies_bytes += more;
        last->to += more;
        *used += more;
    }
    return status;
}

static enum sc_status make_room(struct sc_image *image, int64_t used, struct sc_error *error)
{
    if (image->copies_bytes > image->copies_room) {
        unsigned char *copies = malloc((size_t)image->copies_bytes);
        if (copies == NULL) {
            return sc_fail(error, SC_E_MEMORY, "image: no memory for the tensors");
        }
        free(image->copies);
        image->copies = copies;
        image->copies_room = image->copies_bytes;
    }
    if (used > image->capacity) {
        const int64_t capacity = up(used + used / 2, CAPACITY);
        void *memory = MAP_FAILED;
        if (ftruncate(image->file, capacity) == 0) {
            memory = mmap(NULL, (size_t)capacity, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_NORESERVE, image->file, 0);
        }
        if (memory == MAP_FAILED) {
            return sc_fail(error, SC_E_MEMORY, "image: no %lld bytes to share: %s",
                           (long long)capacity, strerror(errno));
        }
        if (image->memory != NULL) {
            (void)munmap(image->memory, (size_t)image->capacity);
        }
        image->memory = memory;
        image->capacity = capacity;
    }
    return SC_OK;
}

enum sc_status sc_image_place(struct sc_image *image, const struct sc_prepared *prepared,
                              struct sc_call *call, struct sc_error *error)
{
    const bool was_sparse = image->sparse;
    int64_t used = 0;

    image->prepared = prepared;
    image->buffers_count = 0;
    image->parts_count = 0;
    image->copies_bytes = 0;
    image->sparse = false;
    call->problem = prepared->c.problem;
    enum sc_status status = lay_out(image, call, &used, error);
    if (status == SC_OK) {
        status = make_room(image, used, error);
    }
    if (status == SC_OK && (was_sparse || image->sparse) &&
        fallocate(image->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, image->capacity) !=
            0) {
        status = sc_fail(error, SC_E_MEMORY, "image: no holes in memory: %s", strerror(errno));
    }
    if (status != SC_OK) {
        image->sparse = true; /* what is there is not known */
        return status;
    }
    sc_image_fill(image);
    call->memory = image->capacity;
    call->problem.q = call->tensors[SC_TENSOR_Q].layout;
    call->problem.k = call->tensors[SC_TENSOR_K].layout;
    call->problem.v = call->tensors[SC_TENSOR_V].layout;
    call->problem.o = call->tensors[SC_TENSOR_O].layout;
    call->problem.plane = prepared->c.problem.plane;
    return SC_OK;
}
