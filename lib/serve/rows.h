/* SPDX-License-Identifier: Apache-2.0 */
/* The table behind tra-ce.conf, for those who print the sample file. */
#ifndef SERVE_ROWS_H
#define SERVE_ROWS_H

#include "base/conf.h"

const struct conf_row *config_rows(size_t *n);

#endif
