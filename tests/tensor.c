/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/file/tensor.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char directory[] = "/tmp/sigmacert-tensor-XXXXXX";

static void set_up(void)
{
    cr_assert_not_null(mkdtemp(directory));
    cr_assert_eq(chdir(directory), 0);
}

static void tear_down(void)
{
    (void)remove("x.npy");
    (void)remove("x.safetensors");
    (void)rmdir(directory);
}

static void write_file(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(name, "wb");

    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
}

/* A version 1.0 file: header text (a newline is added), then `payload` bytes. */
static size_t npy(char *bytes, const char *header, size_t payload)
{
    const size_t length = strlen(header) + 1;

    memcpy(bytes, "\x93NUMPY\x01\x00", 8);
    bytes[8] = (char)(length & 0xff);
    bytes[9] = (char)(length >> 8);
    memcpy(bytes + 10, header, length - 1);
    bytes[10 + length - 1] = '\n';
    memset(bytes + 10 + length, 0, payload);
    return 10 + length + payload;
}

/* A file whose header is `header` and whose data are `payload` bytes. */
static size_t safetensors(char *bytes, const char *header, size_t payload)
{
    const size_t length = strlen(header);

    for (size_t x = 0; x < 8; x++) {
        bytes[x] = (char)(length >> (8 * x) & 0xff);
    }
    memcpy(bytes + 8, header, length);
    memset(bytes + 8 + length, 0, payload);
    return 8 + length + payload;
}

static void expect_refused(const char *row, const char *name)
{
    struct sc_tensor tensor = {.data = NULL};
    struct sc_error error = {SC_OK, ""};
    const enum sc_status status = sc_tensor_load(name, false, &tensor, &error);

    cr_expect(status == SC_E_INPUT || status == SC_E_IO, "%s: accepted", row);
    cr_expect_not_null(strstr(error.text, name), "%s: no file name in '%s'", row, error.text);
    cr_expect_null(tensor.data, "%s: output changed", row);
    if (status == SC_OK) {
        sc_tensor_destroy(&tensor);
    }
}

TestSuite(tensor, .init = set_up, .fini = tear_down);

Test(tensor, hostile_npy_files_are_refused)
{
    static const struct {
        const char *name, *header;
        size_t payload;
    } rows[] = {
        {"extra key", "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}", 8},
        {"missing key", "{'descr': '<f4', 'shape': (2,)}", 8},
        {"duplicate key", "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
         8},
        {"object dtype", "{'descr': '|O', 'fortran_order': False, 'shape': (2,)}", 8},
        {"big-endian", "{'descr': '>f4', 'fortran_order': False, 'shape': (2,)}", 8},
        {"structured", "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}", 8},
        {"shape is no tuple", "{'descr': '<f4', 'fortran_order': False, 'shape': (2)}", 8},
        {"negative dimension", "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}", 8},
        {"plus sign", "{'descr': '<f4', 'fortran_order': False, 'shape': (+2,)}", 8},
        {"underscore", "{'descr': '<f4', 'fortran_order': False, 'shape': (2_0,)}", 80},
        {"hexadecimal", "{'descr': '<f4', 'fortran_order': False, 'shape': (0x2,)}", 8},
        {"leading zero", "{'descr': '<f4', 'fortran_order': False, 'shape': (02,)}", 8},
        {"boolean dimension", "{'descr': '<f4', 'fortran_order': False, 'shape': (True,)}", 4},
        {"rank over the cap",
         "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1,1)}", 4},
        {"product overflows",
         "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", 8},
        {"product overflows beside a 0",
         "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4294967296, 4294967296)}", 0},
        {"payload too short", "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", 8},
        {"trailing bytes", "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", 9},
        {"huge", "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,)}", 8},
    };
    char bytes[512];

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        write_file("x.npy", bytes, npy(bytes, rows[r].header, rows[r].payload));
        expect_refused(rows[r].name, "x.npy");
    }
}

Test(tensor, hostile_safetensors_files_are_refused)
{
    static const struct {
        const char *name, *header;
        size_t payload;
    } rows[] = {
        {"not an object", "[]", 0},
        {"duplicate keys",
         "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
         "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
         4},
        {"duplicate after unescaping",
         "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
         "\"\\u0061\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
         4},
        {"unknown field",
         "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}}", 4},
        {"unknown dtype", "{\"a\":{\"dtype\":\"F99\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4},
        {"float in shape", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}}", 4},
        {"exponent", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1e0],\"data_offsets\":[0,4]}}", 4},
        {"negative", "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4},
        {"above 2^53",
         "{\"a\":{\"dtype\":\"F32\",\"shape\":[9007199254740993],\"data_offsets\":[0,4]}}", 4},
        {"product wraps to 0",
         "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}", 0},
        {"end before begin", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4},
        {"span is not the shape",
         "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4},
        {"hole", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8},
        {"bytes past the last", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
         5},
        {"beyond the file", "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 4},
        {"metadata is no string",
         "{\"__metadata__\":{\"x\":1},"
         "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
         4},
        {"deep", "{\"a\":{\"dtype\":\"F32\",\"shape\":[[[[1]]]],\"data_offsets\":[0,4]}}", 4},
    };
    char bytes[1024];

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        write_file("x.safetensors", bytes, safetensors(bytes, rows[r].header, rows[r].payload));
        expect_refused(rows[r].name, "x.safetensors");
    }
}

Test(tensor, every_truncation_of_a_good_file_is_refused)
{
    char bytes[512];
    const char *const header = "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
    size_t size = npy(bytes, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", 8);

    for (size_t cut = 0; cut < size; cut++) {
        write_file("x.npy", bytes, cut);
        expect_refused("truncated", "x.npy");
    }
    size = safetensors(bytes, header, 4);
    for (size_t cut = 0; cut < size; cut++) {
        write_file("x.safetensors", bytes, cut);
        expect_refused("truncated", "x.safetensors");
    }
}

Test(tensor, a_changed_byte_is_refused_or_leaves_a_sound_tensor)
{
    char bytes[512];
    const size_t size = npy(bytes, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", 8);

    for (size_t x = 0; x < size; x++) {
        const char kept = bytes[x];
        for (int value = 0; value < 256; value += 5) {
            struct sc_tensor tensor = {.data = NULL};
            bytes[x] = (char)value;
            write_file("x.npy", bytes, size);
            if (sc_tensor_load("x.npy", false, &tensor, NULL) == SC_OK) {
                cr_assert_eq(sc_tensor_check(&tensor, "x.npy", NULL), SC_OK);
                sc_tensor_destroy(&tensor);
            }
        }
        bytes[x] = kept;
    }
}

Test(tensor, what_is_written_is_read_back)
{
    static const char *const names[] = {"x.npy", "x.safetensors"};
    const int64_t shape[3] = {2, 0, 3}, full[3] = {2, 1, 3};

    for (int n = 0; n < 2; n++) {
        for (int type = 0; type < SC_TENSOR_TYPES; type++) {
            for (int empty = 0; empty < 2; empty++) {
                struct sc_tensor out, in;
                struct sc_error error = {SC_OK, ""};
                cr_assert_eq(sc_tensor_create((enum sc_tensor_type)type, 3, empty ? shape : full,
                                              &out, NULL),
                             SC_OK);
                for (size_t x = 0; x < out.size_bytes; x++) {
                    ((unsigned char *)out.data)[x] = x % 2 != 0;
                }
                cr_assert_eq(sc_tensor_save(names[n], &out, &error), SC_OK, "%s", error.text);
                cr_assert_eq(sc_tensor_load(names[n], type == SC_TENSOR_BF16, &in, &error), SC_OK,
                             "%s", error.text);
                cr_expect_eq(in.type, out.type, "%s type %d", names[n], type);
                cr_expect_eq(in.size_bytes, out.size_bytes);
                cr_expect_eq(memcmp(in.data, out.data, out.size_bytes), 0);
                sc_tensor_destroy(&in);
                sc_tensor_destroy(&out);
            }
        }
    }
}

Test(tensor, special_files_are_refused)
{
    struct sc_tensor tensor = {.data = NULL};

    cr_assert_eq(symlink("/dev/zero", "x.npy"), 0);
    cr_expect_neq(sc_tensor_load("x.npy", false, &tensor, NULL), SC_OK);
    (void)remove("x.npy");
    cr_assert_eq(symlink("/tmp", "x.npy"), 0);
    cr_expect_neq(sc_tensor_load("x.npy", false, &tensor, NULL), SC_OK);
    cr_expect_neq(sc_tensor_load("none.npy", false, &tensor, NULL), SC_OK);
    cr_expect_neq(sc_tensor_load("", false, &tensor, NULL), SC_OK);
}
