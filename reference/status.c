/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/status.h"

#include <stdarg.h>
#include <stdio.h>

enum sc_status sc_fail(struct sc_error *error, enum sc_status status, const char *format, ...)
{
    if (error == NULL) {
        return status;
    }
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    if (length < 0) {
        error->text[0] = '\0';
    }
    for (char *c = error->text; *c != '\0'; c++) {
        const unsigned char byte = (unsigned char)*c;
        if (byte < 0x20 || byte == 0x7f) {
            *c = '?';
        }
    }
    error->status = status;
    return status;
}
