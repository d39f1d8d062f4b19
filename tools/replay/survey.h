/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_REPLAY_SURVEY_H
#define SC_TOOLS_REPLAY_SURVEY_H

#include "fuzz/assess.h"
#include "fuzz/picture.h"
#include "fuzz/related.h"

#include <stdbool.h>
#include <stdint.h>

/* Where the outputs of a call are wrong: the worst elements, and pictures of the planes that hold the most of them. */

#define SC_SURVEY_WORST  4
#define SC_SURVEY_PLANES 2 /* of a result */

/* The (row, channel) or (key, channel) plane of one sequence and head; of db the (sequence, head) plane. */
struct sc_survey_plane {
    int32_t b, head;           /* 0 of db */
    int64_t wrong;             /* elements */
    struct sc_picture picture; /* without cells where it would be too large */
};

struct sc_survey_result {
    int64_t seen, wrong, unknown; /* elements; unknown: not judged, or left open */
    int32_t worst_count;
    struct sc_element worst[SC_SURVEY_WORST]; /* wrong ones, by falling ratio */
    int64_t bad_planes;                       /* planes with a wrong element */
    int32_t planes; /* of these, kept: those with the most wrong elements */
    struct sc_survey_plane plane[SC_SURVEY_PLANES];
};

struct sc_survey {
    struct sc_assessment assessment; /* unless of differences */
    struct sc_survey_result results[SC_RESULTS];
};

/* Surveys an outcome that is DONE against the exact results.
 *   options  as of sc_assess; see and context are not used
 *   survey   receives it; sc_survey_destroy frees what it holds
 * Statuses of sc_assess. Then *survey holds nothing. */
enum sc_status sc_survey_create(const struct sc_prepared *prepared,
                                const struct sc_worker_kernel *kernel,
                                const struct sc_outcome *outcome,
                                const struct sc_assess_options *options, struct sc_survey *survey,
                                struct sc_error *error);

/* Surveys where a second outcome of the same shape has other bits: such an element is wrong with ratio +Inf, `out` the
 * second number, low and high the first; two NaN are alike. Of a worst element no more is known. SC_E_MEMORY. */
enum sc_status sc_survey_differences(const struct sc_prepared *prepared,
                                     const struct sc_outcome *first,
                                     const struct sc_outcome *second, struct sc_survey *survey,
                                     struct sc_error *error);

void sc_survey_destroy(struct sc_survey *survey);

int64_t sc_survey_wrong(const struct sc_survey *survey);

#endif
