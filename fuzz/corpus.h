/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_CORPUS_H
#define SC_FUZZ_CORPUS_H

#include "fuzz/recipe.h"
#include "reference/status.h"

#include <stddef.h>
#include <stdint.h>

/* Findings that are kept: a directory of files NAME.cases. A file is one finding: one case line a line, run in this
 * order in one process of the worker; a line that begins with # is a remark, an empty one is nothing. */

#define SC_CORPUS_SUFFIX     ".cases"
#define SC_CORPUS_FILES_MAX  65536
#define SC_CORPUS_CASES_MAX  4096      /* of a file */
#define SC_CORPUS_BYTES_MAX  (1 << 24) /* of a file */
#define SC_CORPUS_REMARK_MAX 4096

struct sc_finding {
    char name[128];            /* of its file, without directory and suffix */
    struct sc_recipe *recipes; /* in the order of the file */
    int32_t count;             /* at least 1 */
    char remark
        [SC_CORPUS_REMARK_MAX]; /* its lines that begin with #, without "# ", cut at the room there is */
};

/* Reads a file. It is the caller's: sc_finding_destroy frees what it holds.
 * SC_E_IO: it cannot be read. SC_E_INPUT: what is wrong, as PATH:LINE: WHAT; a file without a case is. SC_E_MEMORY. */
enum sc_status sc_finding_read(const char *path, struct sc_finding *finding,
                               struct sc_error *error);
void sc_finding_destroy(struct sc_finding *finding);

/* Writes a finding into a directory, which is made where there is none (its parent exists): a whole file or none, on the
 * disk when this returns. The name is CHECK-HASH, from the name of the check and the text of the cases, so a finding
 * that is there already is written over with its like.
 *   check         name of the check that failed, as in sc_check_name; a character other than a-z, 0-9 becomes '-'
 *   remark        what failed, the kernel and so on, in lines; may be empty
 *   path, room    receives the name of the file; may be NULL, 0
 * SC_E_IO, SC_E_MEMORY. */
enum sc_status sc_corpus_write(const char *directory, const char *check,
                               const struct sc_recipe *recipes, int32_t count, const char *remark,
                               char *path, size_t room, struct sc_error *error);

/* The files of a directory, sorted by name. */
struct sc_corpus {
    char **paths;
    int32_t count;
};

/* Lists them; a directory that does not exist has none. sc_corpus_destroy frees.
 * SC_E_IO: it cannot be read. SC_E_INPUT: more than SC_CORPUS_FILES_MAX. SC_E_MEMORY. */
enum sc_status sc_corpus_list(const char *directory, struct sc_corpus *corpus,
                              struct sc_error *error);
void sc_corpus_destroy(struct sc_corpus *corpus);

#endif
