/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/call.h"
#include "fuzz/traits.h"

#include "reference/random.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* One row, one key, one channel in fp32: Q at 0, K at 64 and so on. */
static const char forward[] = "run id=7 seed=9 memory=4096 backward=0 batch=1 heads_q=1 heads_kv=1 "
                              "n_q=1 n_k=1 d=1 d_v=1 in=fp32 "
                              "out=fp32 tau=0x1p-1 left=16777216 right=0 bias=1024:scalar "
                              "q=0:1:1:1:1 k=64:1:1:1:1 v=128:1:1:1:1 "
                              "o=192:1:1:1:1 workspace=fresh";

static enum sc_status parse(const char *line, struct sc_call *call, struct sc_error *error)
{
    return sc_call_parse(line, strlen(line), call, error);
}

/* The line above with its first `from` replaced. */
static void replaced(const char *from, const char *to, char *line, size_t room)
{
    const char *const at = strstr(forward, from);

    cr_assert_not_null(at, "%s", from);
    (void)snprintf(line, room, "%.*s%s%s", (int)(at - forward), forward, to, at + strlen(from));
}

Test(call, fields_mean_what_the_protocol_says)
{
    struct sc_call call;
    struct sc_error error = {SC_OK, ""};

    cr_assert_eq(parse(forward, &call, &error), SC_OK, "%s", error.text);
    cr_expect_eq(call.id, 7);
    cr_expect_eq(call.seed, 9);
    cr_expect_eq(call.memory, 4096);
    cr_expect_not(call.backward);
    cr_expect(call.fresh);
    cr_expect_eq(call.problem.tau, 0.5f);
    cr_expect_eq(call.problem.left, SC_MASK_UNBOUNDED);
    cr_expect_eq(call.problem.right, 0);
    cr_expect_eq(call.arrays[SC_CALL_BIAS], 1024);
    cr_expect_eq(call.arrays[SC_CALL_PLANE], SC_CALL_NONE);
    cr_expect_eq(call.tensors[SC_TENSOR_V].offset, 128);
    cr_expect_eq(call.problem.format_out, SC_FORMAT_FP32);
}

/* A call with everything, in a memory of 1 MiB. */
static struct sc_call everything(void)
{
    struct sc_call call = {.id = UINT64_MAX,
                           .seed = 1,
                           .memory = 1 << 20,
                           .backward = true,
                           .problem = {.batch = 2,
                                       .heads_q = 4,
                                       .heads_kv = 2,
                                       .n_q = 3,
                                       .n_k = 5,
                                       .d = 8,
                                       .d_v = 16,
                                       .format_in = SC_FORMAT_BF16,
                                       .format_out = SC_FORMAT_FP16,
                                       .tau = 0x1.000002p-126f,
                                       .left = 3,
                                       .right = 4,
                                       .bias_scope = SC_BIAS_PER_HEAD,
                                       .plane = {NULL, {0, 15, 5, 60}, 3, 5, 1, 1}},
                           .d_b = 64};

    for (int32_t n = 0; n < SC_CALL_ARRAYS; n++) {
        call.arrays[n] = 1024 * (n + 1);
    }
    for (int32_t n = 0; n < SC_TENSORS; n++) {
        const struct sc_layout layout = {0, 1000, 100, 4000};
        call.tensors[n].offset = 65536 * (n + 1);
        call.tensors[n].layout = layout;
    }
    return call;
}

Test(call, what_is_printed_reads_the_same)
{
    const struct sc_call call = everything();
    struct sc_call read;
    struct sc_error error = {SC_OK, ""};
    char line[SC_CALL_TEXT_MAX], again[SC_CALL_TEXT_MAX];
    const size_t bytes = sc_call_print(&call, line);

    cr_assert_eq(bytes, strlen(line));
    cr_assert_eq(parse(line, &read, &error), SC_OK, "%s: %s", line, error.text);
    (void)sc_call_print(&read, again);
    cr_expect_str_eq(line, again);
    cr_expect_eq(read.problem.tau, call.problem.tau);
    cr_expect_eq(read.problem.bias_scope, SC_BIAS_PER_HEAD);
    cr_expect_eq(read.problem.plane.layout.stride_head, 15);
    cr_expect_eq(read.arrays[SC_CALL_STARTS_K], call.arrays[SC_CALL_STARTS_K]);
    cr_expect_eq(memcmp(read.tensors, call.tensors, sizeof call.tensors), 0);
    cr_expect_eq(read.d_b, 64);
}

Test(call, a_line_that_is_wrong_is_refused)
{
    static const struct {
        const char *from, *to, *why;
    } rows[] = {
        {"run ", "walk ", "another word"},
        {" id=7", "", "no id"},
        {" id=7", " id=7 id=7", "a field twice"},
        {" id=7", "  id=7", "two blanks"},
        {" id=7", " id=18446744073709551616", "2^64"},
        {" id=7", " id=-1", "a sign"},
        {" id=7", " id=7x", "a number and more"},
        {" id=7", " id=7 what=1", "an unknown field"},
        {"backward=0", "backward=2", "not a bit"},
        {"batch=1", "batch=0", "no sequence"},
        {"heads_q=1", "heads_q=16777217", "more than 2^24"},
        {"in=fp32", "in=fp64", "no such format"},
        {"tau=0x1p-1", "tau=0x0p+0", "tau of 0"},
        {"tau=0x1p-1", "tau=-0x1p-1", "a negative tau"},
        {"tau=0x1p-1", "tau=nan", "tau no number"},
        {"tau=0x1p-1", "tau=0x1.0000001p-1", "more than fp32"},
        {"bias=1024:scalar", "bias=1024:row", "no such scope"},
        {"bias=1024:scalar", "bias=4093:scalar", "a bias that leaves the memory"},
        {"bias=1024:scalar", "bias=1022:scalar", "a misaligned bias"},
        {"o=192:1:1:1:1", "o=192:1:1:1", "a number short"},
        {"o=192:1:1:1:1", "o=192:1:1:1:0", "rows beyond SIZE"},
        {"o=192:1:1:1:1", "o=4096:1:1:1:1", "O behind the memory"},
        {"o=192:1:1:1:1", "o=194:1:1:1:1", "O misaligned"},
        {"o=192:1:1:1:1", "o=128:1:1:1:1", "O over V"},
        {"o=192:1:1:1:1", "o=192:1:1:1:1 do=256:1:1:1:1", "dO without the backward pass"},
        {"o=192:1:1:1:1", "o=192:1:1:1:1 db=256", "db without the backward pass"},
        {"o=192:1:1:1:1", "o=192:1:1:1:70368744177665", "more than 2^46"},
        {" o=192:1:1:1:1", "", "no O"},
        {"backward=0", "backward=1", "no gradients"},
        {" workspace=fresh", "", "no work space"},
        {"workspace=fresh", "workspace=old", "no such work space"},
        {"workspace=fresh", "workspace=fresh plane=2048:1:1:1:1:1:1:0:1", "blocks of 0 rows"},
        {"workspace=fresh", "workspace=fresh plane=2048:1:1:1:1:2:1:1:1", "cells beyond SIZE"},
        {"workspace=fresh", "workspace=fresh starts=2048", "one offset of starts"},
    };
    char line[1024];

    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        struct sc_call call;
        struct sc_error error = {SC_OK, ""};
        replaced(rows[n].from, rows[n].to, line, sizeof line);
        cr_expect_eq(parse(line, &call, &error), SC_E_INPUT, "%s was accepted", rows[n].why);
        cr_expect_neq(error.text[0], '\0', "%s", rows[n].why);
    }
}

Test(call, rows_of_an_output_share_no_element)
{
    struct sc_call call = everything(), read;
    struct sc_error error = {SC_OK, ""};
    char line[SC_CALL_TEXT_MAX];

    /* one entry only, so that stride 0 is none of two entries */
    call.tensors[SC_TENSOR_D_K].layout.stride_batch = 2000;
    for (int32_t n = SC_TENSOR_O; n < SC_TENSORS; n++) {
        call.tensors[n].layout.stride_batch = 4000;
        call.tensors[n].layout.size = 8000;
    }
    call.arrays[SC_CALL_STARTS_Q] = call.arrays[SC_CALL_STARTS_K] = SC_CALL_NONE;
    (void)sc_call_print(&call, line);
    cr_assert_eq(parse(line, &read, &error), SC_OK, "%s", error.text);
    call.tensors[SC_TENSOR_D_V].layout.stride_batch = 0;
    (void)sc_call_print(&call, line);
    cr_expect_eq(parse(line, &read, &error), SC_E_INPUT);
}

/* Any byte may change: what is still accepted lies in the memory. */
Test(call, an_accepted_call_lies_in_its_memory)
{
    const struct sc_call whole = everything();
    struct sc_random random = {11};
    char line[SC_CALL_TEXT_MAX];
    const size_t bytes = sc_call_print(&whole, line);
    int accepted = 0;

    for (int n = 0; n < 200000; n++) {
        char changed[SC_CALL_TEXT_MAX];
        struct sc_call call;
        memcpy(changed, line, bytes);
        for (int m = sc_random_int(&random, 1, 2); m > 0; m--) {
            const int at = sc_random_int(&random, 0, (int)bytes - 1);
            changed[at] = sc_random_int(&random, 0, 3) == 0
                              ? (char)sc_random_int(&random, 0, 255)
                              : "0123456789: ="[sc_random_int(&random, 0, 12)];
        }
        if (sc_call_parse(changed, bytes, &call, NULL) != SC_OK) {
            continue;
        }
        accepted++;
        for (int32_t t = 0; t < SC_TENSORS; t++) {
            const struct sc_call_tensor *tensor = &call.tensors[t];
            if (sc_call_has(&call, (enum sc_tensor)t)) {
                cr_assert_leq(tensor->offset + sc_call_tensor_bytes(&call, (enum sc_tensor)t),
                              call.memory);
                cr_assert_geq(tensor->layout.size, 1);
            }
        }
        cr_assert_leq(call.arrays[SC_CALL_BIAS] + sc_call_array_bytes(&call.problem, SC_CALL_BIAS),
                      call.memory);
    }
    cr_expect_gt(accepted, 100);
}

static const char kernel_line[] = "sigmacert kernel version=1 name=x features=backward,causal "
                                  "in=bf16,fp32 out=fp32 d_max=256 d_v_max=8 "
                                  "d_multiple=2 elements_max=70000000000 tiles_max=24 "
                                  "memory=device arithmetic=core=fma order=any";

Test(call, traits_read_as_they_are_printed)
{
    struct sc_worker_kernel kernel;
    struct sc_error error = {SC_OK, ""};
    char line[SC_TRAITS_TEXT_MAX];

    cr_assert_eq(sc_traits_parse(kernel_line, strlen(kernel_line), &kernel, &error), SC_OK, "%s",
                 error.text);
    cr_expect_eq(kernel.traits.features, SC_KERNEL_BACKWARD | SC_KERNEL_CAUSAL);
    cr_expect_eq(kernel.traits.formats_in, 5);
    cr_expect_eq(kernel.traits.formats_out, 4);
    cr_expect_eq(kernel.traits.d_multiple, 2);
    cr_expect_eq(kernel.traits.elements_max, 70000000000);
    cr_expect_eq(kernel.traits.tiles_max, 24);
    cr_expect(kernel.device);
    cr_expect_str_eq(kernel.arithmetic, "core=fma order=any");
    (void)sc_traits_print(&kernel, line);
    cr_expect_str_eq(line, kernel_line);
}

Test(call, a_kernel_that_states_no_limits_does_anything)
{
    static const char line[] =
        "sigmacert kernel version=1 name=x features=none in=fp32 out=fp32 d_max=8 "
        "d_v_max=8 d_multiple=1 memory=host arithmetic=unknown";
    struct sc_worker_kernel kernel;

    cr_assert_eq(sc_traits_parse(line, strlen(line), &kernel, NULL), SC_OK);
    cr_expect_eq(kernel.traits.elements_max, 0);
    cr_expect_eq(kernel.traits.tiles_max, 0);
}

Test(call, traits_that_are_wrong_are_refused)
{
    static const struct {
        const char *from, *to;
    } rows[] = {{"version=1", "version=2"},
                {"name=x", "name="},
                {"causal", "cause"},
                {"in=bf16,fp32", "in=none"},
                {"in=bf16,fp32", "in=bf16,"},
                {"d_max=256", "d_max=0"},
                {"d_max=256", "d_max=16777217"},
                {"elements_max=7", "elements_max=x"},
                {"tiles_max=24", "tiles_max=-1"},
                {"memory=device", "memory=disk"},
                {" memory=device", ""},
                {"arithmetic=core=fma order=any", "arithmetic="},
                {"order=any", "order=\xc3\xa4ny"}};

    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        struct sc_worker_kernel kernel;
        char line[512];
        const char *const at = strstr(kernel_line, rows[n].from);
        cr_assert_not_null(at);
        (void)snprintf(line, sizeof line, "%.*s%s%s", (int)(at - kernel_line), kernel_line,
                       rows[n].to, at + strlen(rows[n].from));
        cr_expect_eq(sc_traits_parse(line, strlen(line), &kernel, NULL), SC_E_INPUT, "%s accepted",
                     rows[n].to);
    }
}

Test(call, an_arithmetic_may_differ_by_format)
{
    static const struct {
        const char *text;
        enum sc_format format;
        const char *part;
    } rows[] = {
        {"core=fma", SC_FORMAT_FP32, "core=fma"},
        {"core=fma activation=table:inf/1e-6", SC_FORMAT_BF16,
         "core=fma activation=table:inf/1e-6"},
        {"bf16,fp16: core=h100; fp32: core=fma", SC_FORMAT_FP16, "core=h100"},
        {"bf16,fp16: core=h100; fp32: core=fma", SC_FORMAT_FP32, "core=fma"},
        {"bf16: core=h100; fp16: unknown", SC_FORMAT_FP32, "unknown"},
        {"fp32: core=fma activation=table:inf/1e-6", SC_FORMAT_FP32,
         "core=fma activation=table:inf/1e-6"},
        {"unknown", SC_FORMAT_FP32, "unknown"},
        {"fp32:", SC_FORMAT_FP32, ""},
    };
    char part[64];

    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        cr_assert(sc_traits_arithmetic(rows[n].text, rows[n].format, part, sizeof part));
        cr_expect_str_eq(part, rows[n].part, "%s: '%s', expected '%s'", rows[n].text, part,
                         rows[n].part);
    }
    cr_expect_not(sc_traits_arithmetic("core=fma", SC_FORMAT_FP32, part, 8));
}
