/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/forward.h"

#include "kernels/forward_fma.h"
#include "kernels/instances.h"
#include "kernels/plan.h"
#include "kernels/primitives/machine.h"

#include <stddef.h>
#include <stdint.h>

#define DECLARE(format, width)                                                                     \
    void sc_forward_##format##_##width(const void *arguments);                                     \
    SC_GROUP_INSTANCE(width, void sc_forward_group_##format##_##width(const void *arguments);)
SC_INSTANCES(DECLARE)

static const struct {
    enum sc_format format;
    enum sc_products products;
    int32_t width, lines, threads, bytes;
    void (*kernel)(const void *arguments);
} instances[] = {
#define INSTANCE(name, width)                                                                      \
    {SC_INSTANCE_FORMAT_##name,                                                                    \
     SC_PRODUCTS_WARP,                                                                             \
     width,                                                                                        \
     SC_FORWARD_LINES(width),                                                                      \
     SC_WARP * SC_FORWARD_WARPS(width),                                                            \
     SC_FORWARD_BYTES(width),                                                                      \
     sc_forward_##name##_##width},                                                                 \
        SC_GROUP_INSTANCE(width,                                                                   \
                          {SC_INSTANCE_FORMAT_##name, SC_PRODUCTS_GROUP, width,                    \
                           SC_FORWARD_GROUP_TEAMS(width) * SC_GROUP_LINES,                         \
                           SC_FORWARD_GROUP_TEAMS(width) * SC_GROUP_WARPS * SC_WARP,               \
                           SC_FORWARD_GROUP_BYTES(width), sc_forward_group_##name##_##width}, )
    SC_INSTANCES(INSTANCE)};

const char *sc_forward_plan(const struct sc_problem *host, const struct sc_problem *machine,
                            const struct sc_forward_buffers *buffers, enum sc_products products,
                            struct sc_forward_arguments *arguments, struct sc_launch *launch)
{
    const int32_t width = sc_plan_width(host);
    const char *refusal = sc_plan_refusal(host, SC_GROUP_LINES);

    if (host->format_in == SC_FORMAT_FP32) {
        return sc_forward_fma_plan(host, machine, buffers, arguments, launch);
    }
    if (refusal != NULL) {
        return refusal;
    }
    for (size_t n = 0; n < sizeof instances / sizeof instances[0]; n++) {
        if (instances[n].format == host->format_in && instances[n].width == width &&
            instances[n].products <= products) {
            sc_plan_forward(host, machine, buffers, instances[n].lines, arguments);
            const struct sc_launch found = {instances[n].kernel,  arguments,
                                            sizeof *arguments,    arguments->blocks,
                                            instances[n].threads, instances[n].bytes};
            *launch = found;
        }
    }
    return NULL;
}
