/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/certificate/sha256.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* The examples of NIST for SHA-256 (FIPS 180-4, "Secure Hash Standard: examples"), and those of its long message. */
Test(sha256, messages_of_the_standard)
{
    static const struct {
        const char *message, *expected;
    } rows[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrl"
         "mno"
         "pqrsmnopqrstnopqrstu",
         "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    };
    char text[SC_SHA256_TEXT];

    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        sc_sha256(rows[n].message, strlen(rows[n].message), text);
        cr_expect_str_eq(text, rows[n].expected, "'%s'", rows[n].message);
    }
    char *million = malloc(1000000);
    cr_assert_not_null(million);
    memset(million, 'a', 1000000);
    sc_sha256(million, 1000000, text);
    cr_expect_str_eq(text, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(million);
}

/* Where the padding needs a block more; the values are those of coreutils' sha256sum. */
Test(sha256, lengths_around_a_block)
{
    static const struct {
        size_t size;
        const char *expected;
    } rows[] = {
        {55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
        {56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"},
        {63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34"},
        {64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
        {65, "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0"},
    };
    char text[SC_SHA256_TEXT], message[65];

    memset(message, 'a', sizeof message);
    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        sc_sha256(message, rows[n].size, text);
        cr_expect_str_eq(text, rows[n].expected, "%zu", rows[n].size);
    }
}

Test(sha256, doubles_are_little_endian)
{
    static const double values[] = {1.0, -2.5};
    static const unsigned char bytes[] = {0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 4, 0xc0};
    char text[SC_SHA256_TEXT], expected[SC_SHA256_TEXT];

    sc_sha256_doubles(values, 2, text);
    sc_sha256(bytes, sizeof bytes, expected);
    cr_expect_str_eq(text, expected);
}
