/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/size_bytes.h"
