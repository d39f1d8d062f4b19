/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* memfd_create, MAP_ANONYMOUS */
#include "fuzz/image.h"
#include "tools/serve/serve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SLOT  ((int64_t)16 << 20) /* bytes; a larger buffer stays in the shared memory */
#define GUARD ((int64_t)1 << 20)  /* without access, before and behind a slot */
#define ALIGN 64
#define PAGE  4096
#define SPACE 0xb7 /* what is in and around a fresh work space */

/* Slots are mapped twice: `own` can be written, `view` has the guards and is what the kernel gets, where inputs can
 * only be read. */
struct sc_serve_host {
    unsigned char *own, *view;
    unsigned char *space; /* of space_bytes, between guards; NULL: none yet */
    int64_t space_bytes;
};

static bool is_written(int32_t n)
{
    return n >= SC_CALL_ARRAYS + SC_TENSOR_O;
}

static unsigned char *view_of(const struct sc_serve_host *host, int32_t n)
{
    return host->view + n * (SLOT + GUARD) + GUARD;
}

enum sc_status sc_serve_host_create(struct sc_serve_host **created, struct sc_error *error)
{
    struct sc_serve_host *host = calloc(1, sizeof *host);
    const int file = memfd_create("slots", MFD_CLOEXEC);
    const size_t bytes = SC_SERVE_BUFFERS * (size_t)SLOT;
    const size_t view = SC_SERVE_BUFFERS * (size_t)(SLOT + GUARD) + (size_t)GUARD;
    bool ready = host != NULL && file >= 0 && ftruncate(file, (off_t)bytes) == 0;

    if (ready) {
        host->own = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        host->view = mmap(NULL, view, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        ready = host->own != MAP_FAILED && host->view != MAP_FAILED;
    }
    for (int32_t n = 0; ready && n < SC_SERVE_BUFFERS; n++) {
        ready =
            mmap(view_of(host, n), (size_t)SLOT, is_written(n) ? PROT_READ | PROT_WRITE : PROT_READ,
                 MAP_SHARED | MAP_FIXED, file, n * (off_t)SLOT) != MAP_FAILED;
    }
    const int reason = errno;
    if (file >= 0) {
        (void)close(file);
    }
    if (!ready) {
        free(host);
        return sc_fail(error, SC_E_MEMORY, "serve: no memory for tensors: %s", strerror(reason));
    }
    *created = host;
    return SC_OK;
}

void sc_serve_host_destroy(struct sc_serve_host *host)
{
    if (host != NULL) {
        (void)munmap(host->own, SC_SERVE_BUFFERS * (size_t)SLOT);
        (void)munmap(host->view, SC_SERVE_BUFFERS * (size_t)(SLOT + GUARD) + (size_t)GUARD);
        if (host->space != NULL) {
            (void)munmap(host->space - PAGE, (size_t)host->space_bytes + 2 * PAGE);
        }
        free(host);
    }
}

/* Where a buffer goes in its slot, and how much of what is around it goes along. */
struct place {
    int64_t at, before, after;
};

/* Against the end of the slot, or against its start, as well as the alignment allows. */
static struct place place_buffer(const struct sc_serve_buffer *buffer, bool at_end, int64_t memory)
{
    const int64_t low = buffer->offset % ALIGN, behind = memory - buffer->offset - buffer->bytes;
    struct place place;

    place.at = at_end ? (SLOT - buffer->bytes - low) / ALIGN * ALIGN + low : low;
    place.before = place.at < SC_IMAGE_ZONE ? place.at : SC_IMAGE_ZONE;
    place.before = place.before < buffer->offset ? place.before : buffer->offset;
    place.after = SLOT - place.at - buffer->bytes;
    place.after = place.after < SC_IMAGE_ZONE ? place.after : SC_IMAGE_ZONE;
    place.after = place.after < behind ? place.after : behind;
    return place;
}

static bool has_slot(const struct sc_serve_buffer *buffer)
{
    return buffer->bytes <= SLOT - 2 * ALIGN;
}

/* Copies a buffer and its surroundings into its slot, or back. */
static void copy(const struct sc_serve_host *host, int32_t n, const struct sc_serve_buffer *buffer,
                 const struct place *place, unsigned char *memory, bool back)
{
    unsigned char *const slot = host->own + n * SLOT + place->at - place->before;
    unsigned char *const shared = memory + buffer->offset - place->before;
    const size_t bytes = (size_t)(place->before + buffer->bytes + place->after);

    if (back) {
        memcpy(shared, slot, bytes);
    } else {
        memcpy(slot, shared, bytes);
    }
}

/* Room for a work space, against the guard behind it. NULL: no memory. */
static unsigned char *take_space(struct sc_serve_host *host, int64_t bytes, bool *fresh)
{
    if (bytes + 2 * SC_IMAGE_ZONE > host->space_bytes) {
        const int64_t room = (bytes + 2 * SC_IMAGE_ZONE + PAGE - 1) / PAGE * PAGE;
        unsigned char *const memory = mmap(NULL, (size_t)room + 2 * PAGE, PROT_NONE,
                                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED ||
            mprotect(memory + PAGE, (size_t)room, PROT_READ | PROT_WRITE) != 0) {
            return NULL;
        }
        if (host->space != NULL) {
            (void)munmap(host->space - PAGE, (size_t)host->space_bytes + 2 * PAGE);
        }
        host->space = memory + PAGE;
        host->space_bytes = room;
        *fresh = true;
    }
    return host->space + (host->space_bytes - bytes) / ALIGN * ALIGN;
}

/* Fills the surroundings of a work space, and itself if it is fresh. */
static void fill_space(const struct sc_serve_host *host, unsigned char *space, int64_t bytes,
                       bool fresh)
{
    unsigned char *const end = host->space + host->space_bytes;

    memset(space - SC_IMAGE_ZONE, SPACE, SC_IMAGE_ZONE);
    memset(space + bytes, SPACE, (size_t)(end - space - bytes));
    if (fresh) {
        memset(space, SPACE, (size_t)bytes);
    }
}

/* Whether what is around a work space is as it was. */
static void check_space(const struct sc_serve_host *host, const unsigned char *space, int64_t bytes,
                        struct sc_serve_answer *answer)
{
    const unsigned char *const end = host->space + host->space_bytes;

    for (const unsigned char *x = space - SC_IMAGE_ZONE; x < end; x++) {
        x = x == space ? space + bytes : x;
        if (x < end && *x != SPACE) {
            answer->word = SC_KERNEL_FAULT;
            (void)snprintf(answer->why, sizeof answer->why,
                           "byte %lld of a work space of %lld was overwritten",
                           (long long)(x - space), (long long)bytes);
            return;
        }
    }
}

void sc_serve_host_run(struct sc_serve_host *host, const struct sc_kernel *kernel,
                       const struct sc_call *call, unsigned char *memory,
                       struct sc_serve_answer *answer)
{
    const struct sc_problem problem = sc_call_problem(call, memory);
    const bool at_end = call->seed * 0x9e3779b97f4a7c15u >> 63 == 0;
    struct place places[SC_SERVE_BUFFERS];
    void *at[SC_SERVE_BUFFERS];
    unsigned char *space = NULL;
    const size_t wanted =
        kernel->workspace != NULL ? kernel->workspace(&problem, call->backward) : 0;
    bool fresh = call->fresh;

    for (int32_t n = 0; n < SC_SERVE_BUFFERS; n++) {
        const struct sc_serve_buffer buffer = sc_serve_buffer(call, n);
        at[n] = buffer.offset == SC_CALL_NONE ? NULL : memory + buffer.offset;
        if (at[n] != NULL && has_slot(&buffer)) {
            places[n] = place_buffer(&buffer, at_end, call->memory);
            copy(host, n, &buffer, &places[n], memory, false);
            at[n] = view_of(host, n) + places[n].at;
        }
    }
    if (wanted > 0 && wanted <= (size_t)SC_CALL_MEMORY) {
        space = take_space(host, (int64_t)wanted, &fresh);
    }
    if (wanted > 0 && space == NULL) {
        sc_serve_stop(answer, SC_KERNEL_REFUSED, "no memory for its work space");
        return;
    }
    if (space != NULL) {
        fill_space(host, space, (int64_t)wanted, fresh);
    }
    sc_serve_launch(kernel, call, &problem, at, space, wanted, answer);
    if (space != NULL) {
        check_space(host, space, (int64_t)wanted, answer);
    }
    for (int32_t n = 0; n < SC_SERVE_BUFFERS; n++) {
        const struct sc_serve_buffer buffer = sc_serve_buffer(call, n);
        if (buffer.written && buffer.offset != SC_CALL_NONE && has_slot(&buffer)) {
            copy(host, n, &buffer, &places[n], memory, true);
        }
    }
}
