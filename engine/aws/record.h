// What `drowse record` keeps of ECS: the services' JSON as DescribeServices gives it.
#ifndef DROWSE_AWS_RECORD_H
#define DROWSE_AWS_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "drowse/ports.h"
#include "engine/aws/aws.h"

struct arena;
struct buffer;

// Appends the services' objects in the names' order, with commas between them, as the items of a state file's
// `services` array. A name whose result is not PORT_OK adds nothing. `tags_read` is false where AWS denied the tags:
// the file then has to say `tagsDenied`.
void aws_record_services(struct aws *, struct arena *, const struct service_name *names, size_t count,
                         struct buffer *items, struct port_result *results, bool *tags_read);

#endif
