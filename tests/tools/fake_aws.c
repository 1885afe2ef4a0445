// A fake AWS on loopback: see tests/support/fake_aws.h for its world and tests/support/fake_aws_faults.c for its faults.
//     fake_aws [--world FILE] [--generate COUNT] [--idle COUNT] [--tls CERTIFICATE KEY] [--clock-offset SECONDS]
//              [--until-input-ends]
// Its port is the first line that it prints. It ends by SIGTERM, or as asked, when its input ends.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/fake_aws.h"

struct options {
    const char *world, *certificate, *key;
    int64_t generate, idle;
    double clock_offset_s;
    bool until_input_ends;
};

static _Noreturn void stop(const char *what)
{
    fprintf(stderr, "fake_aws: %s\n", what);
    exit(2);
}

static const char *value_of(char **arguments, int *i)
{
    if (!arguments[*i + 1])
        stop("an option lacks its value");
    return arguments[++*i];
}

static double number_of(const char *text)
{
    double number;
    bool negative = text[0] == '-';
    if (!text_to_double(text_of(text + negative), &number))
        stop("a number is due");
    return negative ? -number : number;
}

static struct options read_options(char **arguments)
{
    struct options options = {0};
    for (int i = 1; arguments[i]; i++) {
        const char *option = arguments[i];
        if (strcmp(option, "--world") == 0) {
            options.world = value_of(arguments, &i);
        } else if (strcmp(option, "--generate") == 0) {
            options.generate = (int64_t)number_of(value_of(arguments, &i));
        } else if (strcmp(option, "--idle") == 0) {
            options.idle = (int64_t)number_of(value_of(arguments, &i));
        } else if (strcmp(option, "--tls") == 0) {
            options.certificate = value_of(arguments, &i);
            options.key = value_of(arguments, &i);
        } else if (strcmp(option, "--clock-offset") == 0) {
            options.clock_offset_s = number_of(value_of(arguments, &i));
        } else if (strcmp(option, "--until-input-ends") == 0) {
            options.until_input_ends = true;
        } else {
            stop("an option that it does not know");
        }
    }
    return options;
}

static cJSON *read_world(const char *path)
{
    struct buffer content;
    char bytes[4096];
    if (!path)
        return cJSON_CreateObject();
    FILE *file = fopen(path, "rb");
    if (!file)
        stop("the world's file cannot be read");
    buffer_init(&content, (size_t)64 * 1024 * 1024);
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, file)) > 0;)
        buffer_add(&content, (struct text){bytes, n});
    fclose(file);
    cJSON *world = cJSON_Parse(content.p);
    buffer_release(&content);
    if (!world)
        stop("the world is no JSON");
    return world;
}

static double date_of(void *fake)
{
    return fake_now_s(fake);
}

int main(int argc, char **argv)
{
    (void)argc;
    struct options options = read_options(argv);
    struct fake fake = {.clock_offset_s = options.clock_offset_s};
    cJSON *from = read_world(options.world);
    fake.world = world_read(from, fake_now_s(&fake));
    cJSON_Delete(from);
    if (!fake.world)
        return 2;
    world_generate(fake.world, options.generate, options.idle, fake_now_s(&fake));
    fake.log = log_new();
    fake.faults = faults_new();
    struct server_settings settings = {.certificate = options.certificate,
                                       .key = options.key,
                                       .until_input_ends = options.until_input_ends,
                                       .context = &fake,
                                       .now_s = date_of,
                                       .answer = fake_answer};
    struct http_server *server = server_new(&settings);
    if (!server)
        return 2;
    printf("%d\n", server_port(server));
    fflush(stdout);
    server_run(server);
    server_free(server);
    faults_free(fake.faults);
    log_free(fake.log);
    world_free(fake.world);
    return 0;
}
