/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_REPORT_OUTWARD_H
#define SC_TOOLS_REPORT_OUTWARD_H

#define SC_OUTWARD_BYTES 32

/* A number that is not negative as a decimal of `digits` digits, 1 to 15, that is not below it, or not above it: so that a
 * bound is one as it is printed. "-" for one that is not finite. */
void sc_outward_above(double value, int digits, char text[SC_OUTWARD_BYTES]);
void sc_outward_below(double value, int digits, char text[SC_OUTWARD_BYTES]);

#endif
