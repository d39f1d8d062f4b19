/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_STATUS_H
#define SC_REFERENCE_STATUS_H

#define SC_ERROR_TEXT_BYTES 512

/* What a library call returns. A falsified claim is a verdict, not a status. */
enum sc_status {
    SC_OK = 0,
    SC_E_INPUT,      /* the caller's data or arguments are wrong */
    SC_E_MEMORY,     /* an allocation failed */
    SC_E_IO,         /* the system refused to read or write */
    SC_E_UNAVAILABLE /* a device, tool or feature is not on this machine */
};

/* One line for a person: "where: what, expected what", no newline. Always terminated. */
struct sc_error {
    enum sc_status status;
    char text[SC_ERROR_TEXT_BYTES];
};

/* Fills `error` (NULL is allowed) and returns `status`, so that a failure is one statement.
 * Control characters that come from hostile input are replaced by '?', a long text is cut. */
enum sc_status sc_fail(struct sc_error *error, enum sc_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
