/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_REPLAY_REPLAY_H
#define SC_TOOLS_REPLAY_REPLAY_H

#include "fuzz/climb.h"
#include "fuzz/examine.h"
#include "tools/replay/survey.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* A case examined again, and what is wrong with it explained. */

/* What the survey is of. */
enum sc_replay_survey {
    SC_REPLAY_NONE,     /* nothing: the case passes, or there are no outputs to look at */
    SC_REPLAY_EXACT,    /* the outputs against the exact results */
    SC_REPLAY_REPEATED, /* a second run against the first */
    SC_REPLAY_HIDDEN,   /* a run with other contents in hidden places against the first */
    SC_REPLAY_WORKSPACE /* a run in a work space that the first has used */
};

struct sc_replay {
    struct sc_recipe recipe; /* with its hash; the step of the climb that failed, if one did */
    struct sc_worker_kernel kernel;
    struct sc_examination found;
    struct sc_climb climb; /* from the case, where that passed and its line climbs */
    enum sc_replay_survey of;
    struct sc_survey survey;
    struct sc_picture
        weights;          /* P, where O is wrong (tools/replay/probe.h); without cells: not made */
    char no_weights[256]; /* why not */
};

/* Examines a recipe, climbs where it says so, and surveys what is wrong.
 *   replay  receives it; sc_replay_destroy frees what it holds
 * SC_E_INPUT: the recipe states another hash. Statuses of sc_examine. Then *replay holds nothing. */
enum sc_status sc_replay_create(const struct sc_runner *runner, const struct sc_recipe *recipe,
                                const struct sc_examine_options *options, struct sc_replay *replay,
                                struct sc_error *error);
void sc_replay_destroy(struct sc_replay *replay);

/* The explanation as text; the caller frees it. NULL: no memory. */
char *sc_replay_text(const struct sc_replay *replay);

/* The same as data: numbers that need all their bits as hexadecimal text. NULL: no memory. */
json_t *sc_replay_json(const struct sc_replay *replay);

/* The pictures as SVG; the caller frees it. NULL: no memory. *count receives their number; 0: there is nothing to show,
 * and NULL. */
char *sc_replay_svg(const struct sc_replay *replay, int32_t *count);

#endif
