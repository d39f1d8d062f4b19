/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/journal.h"

#include "fuzz/journal_line.h"
#include "tests/scratch.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define HEADER  "journal\tkernel=tile\tseed=7"
#define RECORDS 5

static const char *const texts[RECORDS] = {"case\t0\tpass", "case\t1\tfail\ttext=row 3, key 4", "",
                                           "case\t2\tpass\tO=0.5", "shrunk\t1"};

/* What a reader was told. */
struct told {
    int count;
    bool same; /* so far it is `texts`, in order */
};

static enum sc_status tell(void *context, int64_t offset, const char *text, struct sc_error *error)
{
    struct told *const told = context;

    (void)offset;
    (void)error;
    told->same = told->same && told->count < RECORDS && strcmp(text, texts[told->count]) == 0;
    told->count++;
    return SC_OK;
}

static void path_of(const char *directory, char path[2 * SCRATCH_BYTES])
{
    (void)snprintf(path, 2 * SCRATCH_BYTES, "%s/journal", directory);
}

static enum sc_status open_at(const char *directory, const char *header, bool resume,
                              struct told *told, struct sc_journal **journal,
                              struct sc_error *error)
{
    struct sc_journal_end end;
    char path[2 * SCRATCH_BYTES];

    path_of(directory, path);
    *told = (struct told){0, true};
    return sc_journal_open(path, header, resume, tell, told, journal, &end, error);
}

/* A journal of all the records; its bytes, which the caller frees. */
static char *written(const char *directory, size_t *size)
{
    struct sc_journal *journal = NULL;
    struct told told;

    cr_assert_eq(open_at(directory, HEADER, false, &told, &journal, NULL), SC_OK);
    for (int n = 0; n < RECORDS; n++) {
        cr_assert_eq(sc_journal_append(journal, texts[n], n == 1, NULL), SC_OK);
    }
    cr_assert_eq(sc_journal_close(journal, NULL), SC_OK);
    char *const bytes = scratch_read(directory, "journal");
    *size = strlen(bytes);
    return bytes;
}

Test(journal, checksum_is_fnv_1a)
{
    cr_expect_eq(sc_journal_checksum("", 0), UINT64_C(0xcbf29ce484222325));
    cr_expect_eq(sc_journal_checksum("a", 1), UINT64_C(0xaf63dc4c8601ec8c));
    cr_expect_eq(sc_journal_checksum("foobar", 6), UINT64_C(0x85944171f73967e8));
}

Test(journal, records_are_read_back_in_order_and_more_can_follow)
{
    char directory[SCRATCH_BYTES];
    size_t size = 0;
    struct sc_journal *journal = NULL;
    struct told told;

    scratch_create(directory);
    free(written(directory, &size));
    cr_assert_eq(open_at(directory, HEADER, true, &told, &journal, NULL), SC_OK);
    cr_expect(told.count == RECORDS && told.same);
    cr_assert_eq(sc_journal_append(journal, "one more", false, NULL), SC_OK);
    cr_assert_eq(sc_journal_close(journal, NULL), SC_OK);
    cr_assert_eq(open_at(directory, HEADER, true, &told, &journal, NULL), SC_OK);
    cr_expect_eq(told.count, RECORDS + 1);
    (void)sc_journal_close(journal, NULL);
    scratch_remove(directory);
}

Test(journal, a_cut_at_any_byte_loses_the_line_it_is_in_alone)
{
    char directory[SCRATCH_BYTES];
    char path[2 * SCRATCH_BYTES];
    size_t size = 0;

    scratch_create(directory);
    path_of(directory, path);
    char *const bytes = written(directory, &size);
    for (size_t cut = 0; cut <= size; cut++) {
        struct sc_journal *journal = NULL;
        struct told told;
        int whole = 0;
        for (size_t n = 0; n < cut; n++) {
            whole += bytes[n] == '\n';
        }
        cr_assert_eq(unlink(path), 0);
        FILE *const file = fopen(path, "wb");
        cr_assert_eq(fwrite(bytes, 1, cut, file), cut);
        (void)fclose(file);
        cr_assert_eq(open_at(directory, HEADER, true, &told, &journal, NULL), SC_OK, "cut at %zu",
                     cut);
        cr_expect(told.same && told.count == (whole == 0 ? 0 : whole - 1), "cut at %zu: %d records",
                  cut, told.count);
        for (int n = told.count; n < RECORDS; n++) {
            cr_assert_eq(sc_journal_append(journal, texts[n], false, NULL), SC_OK);
        }
        cr_assert_eq(sc_journal_close(journal, NULL), SC_OK);
        char *const again = scratch_read(directory, "journal");
        cr_expect_str_eq(again, bytes, "cut at %zu", cut);
        free(again);
    }
    free(bytes);
    scratch_remove(directory);
}

Test(journal, a_changed_byte_is_never_read_as_a_record)
{
    char directory[SCRATCH_BYTES];
    size_t size = 0;
    struct sc_journal_end end;

    scratch_create(directory);
    char *const bytes = written(directory, &size);
    size_t last = size - 1; /* the begin of the last line */
    while (bytes[last - 1] != '\n') {
        last--;
    }
    for (size_t n = 0; n < size; n++) {
        for (int bit = 0; bit < 8; bit++) {
            struct told told = {0, true};
            bytes[n] = (char)(bytes[n] ^ 1 << bit);
            const enum sc_status status =
                sc_journal_read(bytes, size, NULL, tell, &told, &end, NULL);
            bytes[n] = (char)(bytes[n] ^ 1 << bit);
            cr_expect(told.same, "byte %zu, bit %d", n, bit);
            cr_expect(told.count < RECORDS, "byte %zu, bit %d: not seen", n, bit);
            cr_expect_eq(status, n < last - 1 ? SC_E_INPUT : SC_OK, "byte %zu, bit %d: %d", n, bit,
                         (int)status);
        }
    }
    free(bytes);
    scratch_remove(directory);
}

Test(journal, a_record_that_is_missing_in_the_middle_is_told)
{
    char directory[SCRATCH_BYTES];
    size_t size = 0;
    struct sc_journal_end end;
    struct sc_error error = {SC_OK, ""};

    scratch_create(directory);
    char *const bytes = written(directory, &size);
    char *const first = strchr(bytes, '\n') + 1, *const second = strchr(first, '\n') + 1;
    memmove(first, second, strlen(second) + 1);
    cr_expect_eq(sc_journal_read(bytes, strlen(bytes), NULL, NULL, NULL, &end, &error), SC_E_INPUT);
    cr_expect_not_null(strstr(error.text, "missing"), "%s", error.text);
    free(bytes);
    scratch_remove(directory);
}

Test(journal, a_file_of_something_else_is_refused_and_left_alone)
{
    static const struct {
        const char *name, *bytes, *header, *word;
        bool resume;
    } rows[] = {
        {"a text", "all my notes\n", HEADER, "no journal", true},
        {"a text without an end", "0\tjournal\tkernel=wall", HEADER, "no journal", true},
        {"another seed", NULL, "journal\tkernel=tile\tseed=8", "\"seed=7\", expected \"seed=8\"",
         true},
        {"another kernel", NULL, "journal\tkernel=til\tseed=7", "kernel=tile", true},
        {"a field more", NULL, HEADER "\tstrict", "expected \"strict\"", true},
        {"a field less", NULL, "journal\tkernel=tile", "\"seed=7\"", true},
        {"no resume", NULL, HEADER, "--resume", false},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        char directory[SCRATCH_BYTES];
        struct sc_error error = {SC_OK, ""};
        struct sc_journal *journal = NULL;
        struct told told;
        size_t size = 0;
        scratch_create(directory);
        if (rows[r].bytes != NULL) {
            scratch_write(directory, "journal", rows[r].bytes);
        } else {
            free(written(directory, &size));
        }
        char *const before = scratch_read(directory, "journal");
        cr_expect_eq(open_at(directory, rows[r].header, rows[r].resume, &told, &journal, &error),
                     SC_E_INPUT, "%s", rows[r].name);
        cr_expect_not_null(strstr(error.text, rows[r].word), "%s: %s", rows[r].name, error.text);
        cr_expect_eq(told.count, 0, "%s", rows[r].name);
        char *const after = scratch_read(directory, "journal");
        cr_expect_str_eq(before, after, "%s", rows[r].name);
        free(before);
        free(after);
        scratch_remove(directory);
    }
}

Test(journal, one_campaign_at_a_time)
{
    char directory[SCRATCH_BYTES];
    struct sc_journal *first = NULL;
    struct told told;
    int status = 0;

    scratch_create(directory);
    cr_assert_eq(open_at(directory, HEADER, true, &told, &first, NULL), SC_OK);
    /* once while it is open, once after it was closed */
    for (int closed = 0; closed < 2; closed++) {
        (void)fflush(NULL);
        const pid_t child = fork();
        if (child == 0) {
            struct sc_journal *second = NULL;
            struct sc_error error = {SC_OK, ""};
            const enum sc_status found = open_at(directory, HEADER, true, &told, &second, &error);
            _exit(found == SC_OK ? 0 : found == SC_E_INPUT && strstr(error.text, "in use") ? 1 : 2);
        }
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_expect_eq(WEXITSTATUS(status), closed == 0 ? 1 : 0, "closed %d", closed);
        if (closed == 0) {
            (void)sc_journal_close(first, NULL);
        }
    }
    scratch_remove(directory);
}

Test(journal, a_full_disk_is_told_and_what_was_written_stays_whole)
{
    char directory[SCRATCH_BYTES];
    size_t size = 0;

    scratch_create(directory);
    free(written(directory, &size));
    (void)signal(SIGXFSZ, SIG_IGN);
    /* every place in the line of the sixth record where the disk may be full */
    for (size_t room = 0; room < 20; room++) {
        struct sc_journal *journal = NULL;
        struct sc_error error = {SC_OK, ""};
        struct told told;
        struct rlimit limit = {size + room, RLIM_INFINITY};
        cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        cr_assert_eq(open_at(directory, HEADER, true, &told, &journal, &error), SC_OK, "%s",
                     error.text);
        cr_expect(told.same && told.count == RECORDS, "room %zu: %d records", room, told.count);
        cr_expect_eq(sc_journal_append(journal, "case\t4\tpass", true, &error), SC_E_UNAVAILABLE);
        cr_expect_not_null(strstr(error.text, "cannot write"), "%s", error.text);
        limit.rlim_cur = RLIM_INFINITY;
        cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        cr_expect_eq(sc_journal_append(journal, "x", true, NULL), SC_E_UNAVAILABLE,
                     "a record behind one that failed");
        cr_expect_eq(sc_journal_close(journal, NULL), SC_OK);
    }
    scratch_remove(directory);
}

Test(journal, a_device_without_room_is_told)
{
    struct sc_journal *journal = NULL;
    struct sc_journal_end end;
    struct sc_error error = {SC_OK, ""};

    cr_expect_eq(sc_journal_open("/dev/full", HEADER, false, NULL, NULL, &journal, &end, &error),
                 SC_E_UNAVAILABLE);
    cr_expect_not_null(strstr(error.text, "No space left"), "%s", error.text);
}

Test(journal, a_text_that_would_not_be_one_line_is_refused)
{
    char directory[SCRATCH_BYTES];
    char *const large = malloc(SC_JOURNAL_TEXT_MAX + 1);
    struct sc_journal *journal = NULL;
    struct told told;

    scratch_create(directory);
    memset(large, 'x', SC_JOURNAL_TEXT_MAX);
    large[SC_JOURNAL_TEXT_MAX] = '\0';
    cr_assert_eq(open_at(directory, HEADER, false, &told, &journal, NULL), SC_OK);
    cr_expect_eq(sc_journal_append(journal, "two\nlines", false, NULL), SC_E_INPUT);
    cr_expect_eq(sc_journal_append(journal, large, false, NULL), SC_E_INPUT);
    large[SC_JOURNAL_TEXT_MAX - 1] = '\0';
    cr_expect_eq(sc_journal_append(journal, large, false, NULL), SC_OK);
    cr_expect_eq(sc_journal_close(journal, NULL), SC_OK);
    cr_assert_eq(open_at(directory, HEADER, true, &told, &journal, NULL), SC_OK);
    cr_expect_eq(told.count, 1);
    (void)sc_journal_close(journal, NULL);
    free(large);
    scratch_remove(directory);
}

/* Keeps where the last record was. */
static enum sc_status remember(void *context, int64_t offset, const char *text,
                               struct sc_error *error)
{
    (void)text;
    (void)error;
    *(int64_t *)context = offset;
    return SC_OK;
}

Test(journal, a_record_is_found_again_at_its_offset)
{
    char directory[SCRATCH_BYTES];
    char path[2 * SCRATCH_BYTES];
    char *const text = malloc(SC_JOURNAL_TEXT_MAX);
    size_t size = 0;
    int64_t offset = -1;
    struct sc_journal *journal = NULL;
    struct sc_journal_end end;

    scratch_create(directory);
    path_of(directory, path);
    free(written(directory, &size));
    cr_assert_eq(sc_journal_open(path, HEADER, true, remember, &offset, &journal, &end, NULL),
                 SC_OK);
    cr_assert_eq(sc_journal_text(journal, offset, text, NULL), SC_OK);
    cr_expect_str_eq(text, texts[RECORDS - 1]);
    cr_expect_eq(sc_journal_text(journal, offset + 1, text, NULL), SC_E_INPUT);
    (void)sc_journal_close(journal, NULL);
    free(text);
    scratch_remove(directory);
}
