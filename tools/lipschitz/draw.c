/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/lipschitz/draw.h"

#include "tools/plot/sensitivity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sc_plot_sensitivity sensitivity(const struct sc_measurement *m)
{
    return m == NULL ? (struct sc_plot_sensitivity){.share = NULL}
                     : (struct sc_plot_sensitivity){m->share, m->spectrum, m->values};
}

enum sc_status sc_lipschitz_draw(const struct sc_lipschitz_input *input, int32_t sample,
                                 const struct sc_lipschitz_pair *pair, struct sc_error *error)
{
    const struct sc_lipschitz_sample *s = &input->samples[sample];
    const struct sc_plot_sensitivity sigmoid = sensitivity(pair->sigmoid);
    const struct sc_plot_sensitivity softmax = sensitivity(pair->softmax);
    const size_t room = strlen(input->plot) + 16, stem = strlen(input->plot) - strlen(".svg");
    char *svg = malloc(room), title[256];
    enum sc_status status = SC_OK;

    if (svg == NULL) {
        return sc_fail(error, SC_E_MEMORY, "%s: no memory for a name", input->plot);
    }
    if (input->samples_count > 1) {
        (void)snprintf(svg, room, "%.*s-%d.svg", (int)stem, input->plot, sample + 1);
    } else {
        (void)snprintf(svg, room, "%s", input->plot);
    }
    (void)snprintf(title, sizeof title, "sigmacert lipschitz: sample %.200s, %d tokens", s->file,
                   s->tokens);
    status = sc_plot_sensitivity(svg, title, s->tokens, pair->sigmoid == NULL ? NULL : &sigmoid,
                                 pair->softmax == NULL ? NULL : &softmax, error);
    free(svg);
    return status;
}
