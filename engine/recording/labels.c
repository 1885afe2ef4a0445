// Labels of series that name a service.
#include "engine/base/text.h"
#include "engine/recording/recording.h"

bool label_names(struct text label, struct text cluster, struct text service)
{
    return label.n == cluster.n + 1 + service.n && text_starts(label, cluster) && label.p[cluster.n] == '/' &&
           text_ends(label, service);
}

bool label_names_some_service(struct text label)
{
    size_t at;
    return text_find(label, '/', &at) && !text_find(label, ' ', &at);
}
