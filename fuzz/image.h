/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_IMAGE_H
#define SC_FUZZ_IMAGE_H

#include "fuzz/call.h"
#include "fuzz/outcome.h"
#include "fuzz/prepared.h"

#include <stdbool.h>
#include <stdint.h>

/* The memory that a call shares with a worker: a file without a name, in which a prepared case is placed and whose
 * every byte is known. Each tensor and array has a red zone of at least SC_IMAGE_ZONE bytes of its own before and
 * behind it. Elements of outputs hold a poison, the surroundings of outputs another one, those of inputs what the
 * recipe has in hidden places. A tensor whose strides leave gaps of SC_IMAGE_GAP bytes or more is sparse: only the
 * pages of its rows and their surroundings are filled, the rest takes no memory and reads as zeros. */

#define SC_IMAGE_ZONE 512
#define SC_IMAGE_GAP  (1 << 20)

/* Signalling NaNs, which no arithmetic results in: an element of an output before the call. */
uint32_t sc_image_poison(enum sc_format format);

struct sc_image;

/* `memory_bytes`: that may be filled. SC_E_MEMORY. */
enum sc_status sc_image_create(int64_t memory_bytes, struct sc_image **created,
                               struct sc_error *error);
void sc_image_destroy(struct sc_image *image);
int sc_image_file(const struct sc_image *image);

/* Places a case.
 *   prepared  borrowed until sc_image_collect
 *   call      id, seed, backward, fresh, and whether d_b is SC_CALL_NONE are given; the rest is filled
 * SC_E_UNAVAILABLE: it does not fit in the memory that may be filled. SC_E_MEMORY. SC_E_INPUT: the placements are none that sc_call_parse accepts. */
enum sc_status sc_image_place(struct sc_image *image, const struct sc_prepared *prepared,
                              struct sc_call *call, struct sc_error *error);

/* What the memory says after the call of the last sc_image_place.
 *   done     the outputs too: bits, d_b and elements that were not written
 *   outcome  its damage, bits and d_b are filled
 * SC_E_MEMORY. */
enum sc_status sc_image_collect(struct sc_image *image, bool done, struct sc_outcome *outcome,
                                struct sc_error *error);

#endif
