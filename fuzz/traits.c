/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/traits.h"

#include <stdio.h>
#include <string.h>

static const char *const features[SC_KERNEL_FEATURES] = {"backward",
                                                         "bias-gradient",
                                                         "causal",
                                                         "window",
                                                         "key-lengths",
                                                         "packed",
                                                         "alibi",
                                                         "plane",
                                                         "bias-per-head",
                                                         "bias-per-sequence",
                                                         "grouped",
                                                         "value-width",
                                                         "strides",
                                                         "misaligned",
                                                         "empty",
                                                         "deterministic",
                                                         "backward-deterministic",
                                                         "invariant"};
enum { ELEMENTS_MAX = 8, TILES_MAX = 9, FIELDS = 11 };
static const char *const formats[] = {"bf16", "fp16", "fp32"};

const char *sc_traits_feature_name(int32_t bit)
{
    return features[bit];
}

/* A list with commas of the names whose bits are set. */
static void print_set(uint32_t bits, const char *const *names, int32_t count, char *text,
                      size_t room)
{
    size_t used = 0;

    (void)snprintf(text, room, "none");
    for (int32_t n = 0; n < count; n++) {
        if ((bits >> n & 1) != 0 && used < room) {
            used +=
                (size_t)snprintf(text + used, room - used, "%s%s", used > 0 ? "," : "", names[n]);
        }
    }
}

size_t sc_traits_print(const struct sc_worker_kernel *kernel, char *line)
{
    const struct sc_kernel_traits *t = &kernel->traits;
    char set[512], in[32], out[32];

    print_set(t->features, features, SC_KERNEL_FEATURES, set, sizeof set);
    print_set(t->formats_in, formats, 3, in, sizeof in);
    print_set(t->formats_out, formats, 3, out, sizeof out);
    return (size_t)snprintf(line, SC_TRAITS_TEXT_MAX,
                            "sigmacert kernel version=%d name=%s features=%s in=%s out=%s d_max=%d "
                            "d_v_max=%d d_multiple=%d elements_max=%lld tiles_max=%lld memory=%s "
                            "arithmetic=%s",
                            SC_KERNEL_VERSION, kernel->name, set, in, out, t->d_max, t->d_v_max,
                            t->d_multiple, (long long)t->elements_max, (long long)t->tiles_max,
                            kernel->device ? "device" : "host", kernel->arithmetic);
}

/* The value of the next field, which must be `name`; NULL: it is not. *at is moved behind it. */
static char *next(char **at, const char *name)
{
    const size_t bytes = strlen(name);
    char *const value = *at + bytes + 1;

    if (strncmp(*at, name, bytes) != 0 || (*at)[bytes] != '=') {
        return NULL;
    }
    char *const blank = strchr(value, ' ');
    *at = blank != NULL ? blank + 1 : value + strlen(value);
    if (blank != NULL) {
        *blank = '\0';
    }
    return value;
}

static bool read_set(char *text, const char *const *names, int32_t count, uint32_t *bits)
{
    *bits = 0;
    if (strcmp(text, "none") == 0) {
        return true;
    }
    while (text != NULL) {
        char *const comma = strchr(text, ',');
        int32_t n = 0;
        if (comma != NULL) {
            *comma = '\0';
        }
        while (n < count && strcmp(text, names[n]) != 0) {
            n++;
        }
        if (n == count) {
            return false;
        }
        *bits |= 1u << n;
        text = comma != NULL ? comma + 1 : NULL;
    }
    return true;
}

static bool read_length(const char *text, int32_t *length)
{
    int32_t x = 0, n = 0;

    for (; n < 8 && text[n] >= '0' && text[n] <= '9'; n++) {
        x = x * 10 + (text[n] - '0');
    }
    *length = x;
    return text[n] == '\0' && 1 <= x && x <= SC_LENGTH_MAX;
}

static bool read_count(const char *text, int64_t *count)
{
    int64_t x = 0;
    int32_t n = 0;

    for (; n < 18 && text[n] >= '0' && text[n] <= '9'; n++) {
        x = x * 10 + (text[n] - '0');
    }
    *count = x;
    return text[n] == '\0' && n > 0;
}

/* One field; false: it has another value than it may. */
static bool read_field(int32_t n, char *value, struct sc_worker_kernel *kernel)
{
    struct sc_kernel_traits *t = &kernel->traits;
    char version[16];

    switch (n) {
    case 0:
        (void)snprintf(version, sizeof version, "%d", SC_KERNEL_VERSION);
        return strcmp(value, version) == 0;
    case 1:
        (void)snprintf(kernel->name, sizeof kernel->name, "%s", value);
        return value[0] != '\0' && strlen(value) < sizeof kernel->name;
    case 2:
        return read_set(value, features, SC_KERNEL_FEATURES, &t->features);
    case 3:
        return read_set(value, formats, 3, &t->formats_in) && t->formats_in != 0;
    case 4:
        return read_set(value, formats, 3, &t->formats_out) && t->formats_out != 0;
    case 5:
        return read_length(value, &t->d_max);
    case 6:
        return read_length(value, &t->d_v_max);
    case 7:
        return read_length(value, &t->d_multiple);
    case 8:
        return read_count(value, &t->elements_max);
    case 9:
        return read_count(value, &t->tiles_max);
    default:
        kernel->device = strcmp(value, "device") == 0;
        return kernel->device || strcmp(value, "host") == 0;
    }
}

enum sc_status sc_traits_parse(const char *line, size_t bytes, struct sc_worker_kernel *kernel,
                               struct sc_error *error)
{
    static const char *const names[] = {"version",      "name",      "features", "in",
                                        "out",          "d_max",     "d_v_max",  "d_multiple",
                                        "elements_max", "tiles_max", "memory"};
    static const char begin[] = "sigmacert kernel ", last[] = "arithmetic=";
    char text[SC_TRAITS_TEXT_MAX];

    memset(kernel, 0, sizeof *kernel);
    bytes -= bytes > 0 && line[bytes - 1] == '\n';
    if (bytes >= sizeof text) {
        return sc_fail(error, SC_E_INPUT, "kernel: a line of %zu bytes, expected less than %zu",
                       bytes, sizeof text);
    }
    memcpy(text, line, bytes);
    text[bytes] = '\0';
    if (strlen(text) != bytes || strncmp(text, begin, strlen(begin)) != 0) {
        return sc_fail(error, SC_E_INPUT, "kernel: not a line that begins with '%s'", begin);
    }
    for (size_t n = 0; n < bytes; n++) {
        if (text[n] < ' ' || text[n] > '~') {
            return sc_fail(error, SC_E_INPUT, "kernel: byte %zu is no printable ASCII", n + 1);
        }
    }
    char *at = text + strlen(begin);
    for (int32_t n = 0; n < FIELDS; n++) {
        char *const value = next(&at, names[n]);
        if (value == NULL && (n == ELEMENTS_MAX || n == TILES_MAX)) {
            continue; /* absent: anything */
        }
        if (value == NULL) {
            return sc_fail(error, SC_E_INPUT, "kernel: no field %s where it belongs", names[n]);
        }
        if (!read_field(n, value, kernel)) {
            return sc_fail(error, SC_E_INPUT, "kernel: %s=%.60s is not what it may be", names[n],
                           value);
        }
    }
    if (strncmp(at, last, strlen(last)) != 0 || at[strlen(last)] == '\0' ||
        strlen(at) - strlen(last) >= sizeof kernel->arithmetic) {
        return sc_fail(error, SC_E_INPUT,
                       "kernel: no arithmetic at the end, or more than %zu bytes",
                       sizeof kernel->arithmetic - 1);
    }
    (void)snprintf(kernel->arithmetic, sizeof kernel->arithmetic, "%s", at + strlen(last));
    return SC_OK;
}

/* The formats of a list "bf16,fp16:" at the start of a text, and where it goes on; 0: there is none. */
static uint32_t part_formats(const char *text, const char **rest)
{
    const size_t bytes = strcspn(text, ":");
    char list[16];
    uint32_t found;

    if (text[bytes] != ':' || bytes >= sizeof list) {
        return 0;
    }
    memcpy(list, text, bytes);
    list[bytes] = '\0';
    *rest = text + bytes + 1;
    return read_set(list, formats, 3, &found) ? found : 0;
}

bool sc_traits_arithmetic(const char *text, enum sc_format format, char *part, size_t room)
{
    const char *from = text, *end = text + strlen(text), *rest;
    uint32_t of = part_formats(text, &rest);

    if (of != 0) {
        for (from = NULL; from == NULL && of != 0;) {
            const char *const stop = rest + strcspn(rest, ";");
            if ((of >> format & 1) != 0) {
                from = rest;
                end = stop;
            } else if (*stop == ';') {
                of = part_formats(stop + 1 + strspn(stop + 1, " "), &rest);
            } else {
                of = 0;
            }
        }
    }
    if (from == NULL) {
        from = "unknown";
        end = from + strlen(from);
    }
    from += strspn(from, " ");
    while (end > from && end[-1] == ' ') {
        end--;
    }
    const size_t bytes = end > from ? (size_t)(end - from) : 0;
    if (bytes >= room) {
        return false;
    }
    memcpy(part, from, bytes);
    part[bytes] = '\0';
    return true;
}
