// How long CloudWatch keeps datapoints (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/
// cloudwatch_concepts.html, "Metrics retention").
#ifndef DROWSE_CORE_RETENTION_H
#define DROWSE_CORE_RETENTION_H

#include <stdint.h>

// Seconds for which points of that period are kept: the longer the period, the longer.
double retention_s(uint32_t period_s);

#endif
