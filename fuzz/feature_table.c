/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/feature.h"

#include <stddef.h>

#define ALL_STRIDES                                                                                \
    {                                                                                              \
        "compact", "permuted", "gaps", "size-1 stride", "broadcast", "overlapping", "beyond 2^31"  \
    }
#define ALL_MULTIPLES                                                                              \
    {                                                                                              \
        "odd", "even", "multiple of 8", "multiple of 16", "multiple of 32"                         \
    }
#define ALL_LENGTHS                                                                                \
    {                                                                                              \
        "0", "1", "tile", "tile + 1", "tile - 1", "below 8", "prime", "other", "long"              \
    }
#define ALL_SIDES                                                                                  \
    {                                                                                              \
        "unbounded", "0", "short", "all but one", "all"                                            \
    }

/* In the order of enum sc_feature_subject; values in the order of feature.c. */
static const struct {
    const char *name;
    const char *values[SC_FEATURE_VALUES_MAX + 1];
} subjects[SC_FEATURE_SUBJECTS] = {
    {"in", {"bf16", "fp16", "fp32"}},
    {"out", {"bf16", "fp16", "fp32"}},
    {"mask", {"full", "causal", "window", "left side", "right side"}},
    {"left", ALL_SIDES},
    {"right", ALL_SIDES},
    {"lengths", {"none", "some 0", "tile", "tile + 1", "other", "full"}},
    {"packed", {"none", "one sequence", "no rows", "no keys", "several"}},
    {"plane", {"none", "dense", "tiles", "odd blocks"}},
    {"density", {"no plane", "nothing", "sparse", "most", "all"}},
    {"sharing", {"no plane", "own", "sequences", "heads", "both"}},
    {"alibi", {"none", "positive", "any sign"}},
    {"bias", {"log", "0", "negative", "positive", "large"}},
    {"scope", {"scalar", "head", "sequence"}},
    {"rows", ALL_LENGTHS},
    {"keys", ALL_LENGTHS},
    {"rows and keys", {"equal", "fewer rows", "far fewer rows", "fewer keys", "far fewer keys"}},
    {"d", {"1", "below 16", "below 64", "64", "to 128", "above 128"}},
    {"d parity", ALL_MULTIPLES},
    {"d_v parity", ALL_MULTIPLES},
    {"d_v", {"as d", "below d", "above d"}},
    {"group", {"one head", "equal", "one key head", "even", "odd"}},
    {"batch", {"1", "few", "many"}},
    {"heads", {"1", "few", "many"}},
    {"q strides", ALL_STRIDES},
    {"k strides", ALL_STRIDES},
    {"v strides", ALL_STRIDES},
    {"do strides", ALL_STRIDES},
    {"o strides", ALL_STRIDES},
    {"gradient strides", {"compact", "strided"}},
    {"base", {"aligned", "16 bytes", "odd inputs", "odd outputs"}},
    {"values", {NULL}}, /* sc_recipe_values_name */
    {"hidden", {"nan", "infinite", "large", "drawn", "zero"}},
    {"backward", {"no", "yes"}},
    {"climb", {"no", "yes"}},
};

int32_t sc_feature_values(enum sc_feature_subject subject)
{
    int32_t count = 0;

    if (subject == SC_FEATURE_VALUES) {
        return SC_VALUES_CLASSES;
    }
    while (subjects[subject].values[count] != NULL) {
        count++;
    }
    return count;
}

const char *sc_feature_subject_name(enum sc_feature_subject subject)
{
    return subjects[subject].name;
}

const char *sc_feature_value_name(enum sc_feature_subject subject, int32_t value)
{
    if (subject == SC_FEATURE_VALUES) {
        return sc_recipe_values_name((enum sc_recipe_values)value);
    }
    return subjects[subject].values[value];
}

static bool has(const struct sc_kernel_traits *traits, uint32_t features)
{
    return (traits->features & features) != 0;
}

/* Whether some d up to `most` that is a multiple of the kernel's lies in [low, high]. */
static bool has_width(const struct sc_kernel_traits *traits, int32_t most, int32_t low,
                      int32_t high)
{
    const int32_t last = high < most ? high : most;

    return last - last % traits->d_multiple >= low;
}

/* Whether a width of parity class `value` is possible. */
static bool has_multiple(const struct sc_kernel_traits *traits, int32_t most, int32_t value)
{
    static const int32_t units[] = {1, 2, 8, 16, 32};
    static const int32_t next[] = {2, 8, 16, 32, 1 << 30};

    for (int32_t d = traits->d_multiple; d <= most && d <= 1024; d += traits->d_multiple) {
        if (d % units[value] == 0 && d % next[value] != 0) {
            return true;
        }
    }
    return false;
}

static bool admitted_width(const struct sc_kernel_traits *traits, int32_t value)
{
    static const int32_t low[] = {1, 2, 16, 64, 65, 129};
    static const int32_t high[] = {1, 15, 63, 64, 128, 1 << 24};

    return has_width(traits, traits->d_max, low[value], high[value]);
}

static bool admitted_shape(const struct sc_kernel_traits *traits, enum sc_feature_subject subject,
                           int32_t value)
{
    switch (subject) {
    case SC_FEATURE_ROWS:
    case SC_FEATURE_KEYS:
        return value != 0 || has(traits, SC_KERNEL_EMPTY);
    case SC_FEATURE_D_SIZE:
        return admitted_width(traits, value);
    case SC_FEATURE_D_MULTIPLE:
        return has_multiple(traits, traits->d_max, value);
    case SC_FEATURE_D_V_MULTIPLE:
        return has_multiple(traits, traits->d_v_max, value);
    case SC_FEATURE_D_V_RELATION:
        return value == 0 || has(traits, SC_KERNEL_VALUE_WIDTH);
    case SC_FEATURE_GROUP:
        return value < 2 || has(traits, SC_KERNEL_GROUPED);
    case SC_FEATURE_GRADIENT_PLACES:
    case SC_FEATURE_D_O_PLACE:
        return value == 0 || (has(traits, SC_KERNEL_STRIDES) && has(traits, SC_KERNEL_BACKWARD));
    case SC_FEATURE_O_PLACE: /* an output overlaps nowhere */
        return value == 0 || (has(traits, SC_KERNEL_STRIDES) && value != 4 && value != 5);
    case SC_FEATURE_Q_PLACE:
    case SC_FEATURE_K_PLACE:
    case SC_FEATURE_V_PLACE:
        return value == 0 || has(traits, SC_KERNEL_STRIDES);
    case SC_FEATURE_BASE:
        return value == 0 || has(traits, SC_KERNEL_MISALIGNED);
    default:
        return true;
    }
}

bool sc_feature_admitted(const struct sc_kernel_traits *traits, enum sc_feature_subject subject,
                         int32_t value)
{
    const uint32_t band = SC_KERNEL_CAUSAL | SC_KERNEL_WINDOW;

    switch (subject) {
    case SC_FEATURE_IN:
        return (traits->formats_in >> value & 1) != 0;
    case SC_FEATURE_OUT:
        return (traits->formats_out >> value & 1) != 0;
    case SC_FEATURE_MASK:
    case SC_FEATURE_RIGHT:
        return value == 0 || has(traits, value == 1 ? band : SC_KERNEL_WINDOW);
    case SC_FEATURE_LEFT:
        return value == 0 || has(traits, SC_KERNEL_WINDOW);
    case SC_FEATURE_LENGTHS:
        return value == 0 || has(traits, SC_KERNEL_KEY_LENGTHS);
    case SC_FEATURE_PACKED:
        return value == 0 || has(traits, SC_KERNEL_PACKED);
    case SC_FEATURE_PLANE:
    case SC_FEATURE_DENSITY:
    case SC_FEATURE_SHARING:
        return value == 0 || has(traits, SC_KERNEL_PLANE);
    case SC_FEATURE_ALIBI:
        return value == 0 || has(traits, SC_KERNEL_ALIBI);
    case SC_FEATURE_SCOPE:
        return value == SC_BIAS_SCALAR ||
               has(traits, value == SC_BIAS_PER_HEAD ? SC_KERNEL_BIAS_PER_HEAD
                                                     : SC_KERNEL_BIAS_PER_SEQUENCE);
    case SC_FEATURE_BACKWARD:
        return value == 0 || has(traits, SC_KERNEL_BACKWARD);
    default:
        return admitted_shape(traits, subject, value);
    }
}
