/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/image.h"
#include "tools/serve/serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGN 256
#define WIDE  ((int64_t)256 << 20) /* bytes of a buffer from which on only its rows are copied */
#define SPACE 0xb7                 /* what is in a fresh work space */

/* A buffer in the kernel's memory. A machine that watches has red zones of its own; else those of the shared memory go
 * along, there and back. */
struct placed {
    struct sc_serve_buffer buffer;
    unsigned char *base, *at; /* what was allocated, and the buffer in it; NULL: nothing */
    int64_t zone;
};

struct device {
    const struct sc_kernel_memory *memory;
    const struct sc_serve_rows *rows; /* NULL: none */
    const struct sc_call *call;
    unsigned char *shared;
    struct placed placed[SC_SERVE_BUFFERS];
    const char *failure; /* NULL: none */
};

typedef void part_function(struct device *device, const struct placed *placed, int64_t from,
                           int64_t bytes);

static bool is_tensor(int32_t n)
{
    return SC_CALL_ARRAYS <= n && n < SC_CALL_ARRAYS + SC_TENSORS;
}

static struct sc_extent extent_of(const struct device *device, int32_t n)
{
    struct sc_problem problem = device->call->problem;

    problem.starts_q =
        device->call->arrays[SC_CALL_STARTS_Q] != SC_CALL_NONE ? &problem.batch : NULL;
    return sc_prepared_extent(&problem, (enum sc_tensor)(n - SC_CALL_ARRAYS));
}

/* Calls a function for each row of a buffer, in bytes from its start; an array is one row. */
static void each_row(struct device *device, int32_t n, part_function *function)
{
    const struct placed *placed = &device->placed[n];

    if (!is_tensor(n)) {
        function(device, placed, 0, placed->buffer.bytes);
        return;
    }
    const struct sc_layout *layout = &device->call->tensors[n - SC_CALL_ARRAYS].layout;
    const struct sc_extent e = extent_of(device, n);
    const int64_t element = sc_format_bytes(e.format);

    for (int32_t b = 0; b < e.entries; b++) {
        for (int32_t h = 0; h < e.heads; h++) {
            for (int32_t row = 0; row < e.rows; row++) {
                function(device, placed,
                         element *
                             sc_layout_row(layout, b, h, row, e.entries, e.heads, e.rows, e.width),
                         element * e.width);
            }
        }
    }
}

static void expose(struct device *device, const struct placed *placed, int64_t from, int64_t bytes)
{
    device->memory->expose(placed->at + from, (size_t)bytes);
}

static void write_part(struct device *device, const struct placed *placed, int64_t from,
                       int64_t bytes)
{
    if (bytes > 0 &&
        device->memory->write(placed->at + from, device->shared + placed->buffer.offset + from,
                              (size_t)bytes) == 0) {
        device->failure = "a copy to the kernel's memory failed";
    }
}

static void read_part(struct device *device, const struct placed *placed, int64_t from,
                      int64_t bytes)
{
    if (bytes > 0 && device->memory->read(device->shared + placed->buffer.offset + from,
                                          placed->at + from, (size_t)bytes) == 0) {
        device->failure = "a copy from the kernel's memory failed";
    }
}

/* What was written of a row. An element is written if any byte of it is. */
static void read_written(struct device *device, const struct placed *placed, int64_t from,
                         int64_t bytes)
{
    const int32_t tensor = (int32_t)(placed - device->placed) - SC_CALL_ARRAYS;
    const int64_t element =
        tensor == SC_TENSORS
            ? 4
            : sc_format_bytes(tensor == SC_TENSOR_O ? device->call->problem.format_out
                                                    : device->call->problem.format_in);

    if (bytes > 0 && device->memory->unwritten(placed->at + from, (size_t)bytes) == 0) {
        read_part(device, placed, from, bytes);
        return;
    }
    for (int64_t n = 0; n < bytes; n += element) {
        if (device->memory->unwritten(placed->at + from + n, (size_t)element) < (size_t)element) {
            read_part(device, placed, from + n, element);
        }
    }
}

/* Copies `count` rows, `stride` bytes from one to the next: at once where the machine can. */
static void copy_along(struct device *device, const struct placed *placed, int64_t from,
                       int64_t bytes, int64_t stride, int32_t count, bool back)
{
    unsigned char *const here = device->shared + placed->buffer.offset + from;
    unsigned char *const there = placed->at + from;

    if (device->rows == NULL || stride < bytes || stride > INT32_MAX) {
        for (int32_t n = 0; n < count; n++) {
            (back ? read_part : write_part)(device, placed, from + n * stride, bytes);
        }
    } else if ((back ? device->rows->read(here, there, (size_t)bytes, (size_t)stride, (size_t)count)
                     : device->rows->write(there, here, (size_t)bytes, (size_t)stride,
                                           (size_t)count)) == 0) {
        device->failure = "a copy of rows to or from the kernel's memory failed";
    }
}

/* Copies the rows of a tensor, those along the longest of its dimensions together. Where a stride is 0 all rows are
 * one. */
static void copy_rows(struct device *device, int32_t n, bool back)
{
    const struct sc_layout *layout = &device->call->tensors[n - SC_CALL_ARRAYS].layout;
    const struct sc_extent e = extent_of(device, n);
    const int64_t element = sc_format_bytes(e.format);
    const int64_t strides[3] = {layout->stride_batch, layout->stride_head, layout->stride_row};
    int32_t counts[3] = {e.entries, e.heads, e.rows}, at[3], along = 0;

    for (int32_t k = 0; k < 3; k++) {
        counts[k] = strides[k] == 0 && counts[k] > 0 ? 1 : counts[k];
        along = counts[k] > counts[along] ? k : along;
    }
    const int32_t inner = (along + 1) % 3, outer = (along + 2) % 3;
    at[along] = 0;
    for (at[outer] = 0; at[outer] < counts[outer]; at[outer]++) {
        for (at[inner] = 0; at[inner] < counts[inner]; at[inner]++) {
            const int64_t from = element * sc_layout_row(layout, at[0], at[1], at[2], e.entries,
                                                         e.heads, e.rows, e.width);
            copy_along(device, &device->placed[n], from, element * e.width,
                       element * strides[along], counts[along], back);
        }
    }
}

/* Whole, with its red zones; without them where it is wide, and of a wide tensor the rows alone.
 *   back  from the kernel's memory */
static void copy(struct device *device, int32_t n, bool back)
{
    const struct placed *placed = &device->placed[n];
    const bool wide = placed->buffer.bytes > WIDE;
    const int64_t zone = wide ? 0 : placed->zone;

    if (wide && is_tensor(n)) {
        copy_rows(device, n, back);
    } else {
        (back ? read_part : write_part)(device, placed, -zone, placed->buffer.bytes + 2 * zone);
    }
}

static int64_t zone_of(const struct device *device)
{
    return device->memory->expose != NULL ? 0 : SC_IMAGE_ZONE;
}

static void place(struct device *device, int32_t n)
{
    struct placed *placed = &device->placed[n];
    const bool watched = device->memory->expose != NULL;

    placed->buffer = sc_serve_buffer(device->call, n);
    if (placed->buffer.offset == SC_CALL_NONE || device->failure != NULL) {
        return;
    }
    const int64_t low = placed->buffer.offset % ALIGN;
    placed->zone = zone_of(device);
    placed->base =
        device->memory->allocate((size_t)(placed->buffer.bytes + low + 2 * placed->zone));
    if (placed->base == NULL) {
        device->failure = "the machine has no memory for a tensor";
        return;
    }
    placed->at = placed->base + placed->zone + low;
    if (watched) {
        each_row(device, n, expose);
    }
    if (!watched || !placed->buffer.written) {
        copy(device, n, false);
    }
    if (!placed->buffer.written && device->memory->protect != NULL) {
        device->memory->protect(placed->at, (size_t)placed->buffer.bytes);
    }
}

static void fetch(struct device *device, int32_t n)
{
    if (device->placed[n].at == NULL) {
        return;
    }
    if (device->memory->expose == NULL) {
        copy(device, n, true);
    } else if (device->placed[n].buffer.written) {
        each_row(device, n, read_written);
    }
}

/* The work space as the last call left it, or poisoned. A machine that watches gets it unwritten. */
static unsigned char *place_space(struct device *device, struct sc_serve_space *space, size_t bytes)
{
    const int64_t zone = zone_of(device);
    const size_t all = bytes + 2 * (size_t)zone;
    unsigned char *const base = device->memory->allocate(all);

    if (base == NULL) {
        device->failure = "the machine has no memory for its work space";
        return NULL;
    }
    if (device->memory->expose != NULL) {
        device->memory->expose(base, bytes);
        return base;
    }
    if (all > space->count || device->call->fresh) {
        unsigned char *const more = realloc(space->bytes, all);
        if (more == NULL) {
            device->failure = "no memory for its work space";
            return base;
        }
        space->bytes = more;
        space->count = all;
        memset(space->bytes, SPACE, all);
    }
    memset(space->bytes, SPACE, (size_t)zone);
    memset(space->bytes + zone + bytes, SPACE, space->count - bytes - (size_t)zone);
    if (device->memory->write(base, space->bytes, all) == 0) {
        device->failure = "a copy to the kernel's memory failed";
    }
    return base;
}

static void fetch_space(struct device *device, const unsigned char *base,
                        struct sc_serve_space *space, size_t bytes, struct sc_serve_answer *answer)
{
    const size_t zone = SC_IMAGE_ZONE, all = bytes + 2 * zone;

    if (device->memory->expose != NULL) {
        return;
    }
    if (device->memory->read(space->bytes, base, all) == 0) {
        device->failure = "a copy from the kernel's memory failed";
        return;
    }
    for (size_t n = 0; n < all; n++) {
        n = n == zone ? zone + bytes : n;
        if (space->bytes[n] != SPACE) {
            answer->word = SC_KERNEL_FAULT;
            (void)snprintf(answer->why, sizeof answer->why,
                           "byte %lld of a work space of %zu was overwritten",
                           (long long)n - (long long)zone, bytes);
            return;
        }
    }
}

static void run(struct device *device, const struct sc_kernel *kernel,
                const struct sc_problem *problem, size_t wanted, struct sc_serve_space *space,
                struct sc_serve_answer *answer)
{
    unsigned char *base = NULL;
    void *at[SC_SERVE_BUFFERS];

    for (int32_t n = 0; n < SC_SERVE_BUFFERS; n++) {
        place(device, n);
        at[n] = device->placed[n].at;
    }
    if (device->failure == NULL && wanted > 0) {
        base = place_space(device, space, wanted);
    }
    if (device->failure != NULL) {
        sc_serve_stop(answer, SC_KERNEL_REFUSED, device->failure);
    } else {
        sc_serve_launch(kernel, device->call, problem, at,
                        base != NULL ? base + zone_of(device) : NULL, wanted, answer);
        for (int32_t n = 0; answer->word == SC_KERNEL_DONE && n < SC_SERVE_BUFFERS; n++) {
            fetch(device, n);
        }
        if (base != NULL && answer->word == SC_KERNEL_DONE) {
            fetch_space(device, base, space, wanted, answer);
        }
        if (device->failure != NULL) {
            sc_serve_stop(answer, SC_KERNEL_FAILED, device->failure);
        }
    }
    if (base != NULL) {
        device->memory->release(base);
    }
    for (int32_t n = 0; n < SC_SERVE_BUFFERS; n++) {
        if (device->placed[n].base != NULL) {
            device->memory->release(device->placed[n].base);
        }
    }
}

void sc_serve_device_run(const struct sc_kernel *kernel, const struct sc_serve_rows *rows,
                         const struct sc_call *call, unsigned char *memory,
                         struct sc_serve_space *space, struct sc_serve_answer *answer)
{
    const struct sc_problem problem = sc_call_problem(call, memory);
    const size_t wanted =
        kernel->workspace != NULL ? kernel->workspace(&problem, call->backward) : 0;
    struct device device = {.memory = kernel->memory, .rows = rows, .call = call, .shared = memory};
    size_t bytes = wanted + 4096;

    for (int32_t n = 0; n < SC_SERVE_BUFFERS; n++) {
        const struct sc_serve_buffer buffer = sc_serve_buffer(call, n);
        bytes += buffer.offset != SC_CALL_NONE ? (size_t)buffer.bytes + 4096 : 0;
    }
    if (kernel->memory->begin != NULL && kernel->memory->begin(call->seed, bytes) == 0) {
        sc_serve_stop(answer, SC_KERNEL_REFUSED, "more than the memory of the machine");
        return;
    }
    run(&device, kernel, &problem, wanted, space, answer);
    if (kernel->memory->end != NULL) {
        kernel->memory->end();
    }
}
