/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/journal_line.h"
#include "fuzz/parsers/parser.h"
#include "fuzz/record.h"

#include <string.h>

/* Every record of a journal. */
static enum sc_status visit(void *context, int64_t offset, const char *text, struct sc_error *error)
{
    struct sc_record_case of_case;
    struct sc_record_finding finding;

    (void)context;
    (void)offset;
    (void)error;
    if (sc_record_kind(text) == SC_RECORD_CASE) {
        (void)sc_record_case_parse(text, &of_case, NULL);
        sc_record_case_clear(&of_case);
    } else if (sc_record_kind(text) == SC_RECORD_FINDING) {
        (void)sc_record_finding_parse(text, &finding, NULL);
        sc_record_finding_clear(&finding);
    }
    return SC_OK;
}

/* The lines of the input as records with their numbers and checksums, which no fuzzer guesses. */
static size_t number_lines(const uint8_t *data, size_t size, char *journal)
{
    size_t used = 0;
    int64_t number = 0;

    while (size > 0) {
        static char text[SC_JOURNAL_TEXT_MAX];
        const uint8_t *const end = memchr(data, '\n', size);
        const size_t bytes = end != NULL ? (size_t)(end - data) : size;
        const size_t kept = bytes < sizeof text ? bytes : sizeof text - 1;
        memcpy(text, data, kept);
        text[kept] = '\0';
        if (sc_journal_text_valid(text, kept)) {
            used += sc_journal_line_print(number++, text, journal + used);
        }
        data += bytes + (end != NULL);
        size -= bytes + (end != NULL);
    }
    return used;
}

/* The first byte says whether the others are a journal, or the texts of its records. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char header[SC_JOURNAL_TEXT_MAX];
    struct sc_journal_end end;

    if (size == 0) {
        return 0;
    }
    if (data[0] % 2 == 0) {
        (void)sc_journal_read((const char *)data + 1, size - 1, header, visit, NULL, &end, NULL);
        return 0;
    }
    size_t lines = 1;
    for (size_t n = 0; n < size; n++) {
        lines += data[n] == '\n';
    }
    char *const journal = malloc(size + lines * (SC_JOURNAL_LINE_MAX - SC_JOURNAL_TEXT_MAX) + 1);
    if (journal != NULL) {
        const size_t bytes = number_lines(data + 1, size - 1, journal);
        sc_parser_expect(sc_journal_read(journal, bytes, header, visit, NULL, &end, NULL) == SC_OK);
        sc_parser_expect(end.torn == 0 && end.bytes == (int64_t)bytes);
    }
    free(journal);
    return 0;
}
