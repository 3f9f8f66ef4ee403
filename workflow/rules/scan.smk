# The genome, in shards and as a whole.


# --resume keeps finished parts beside the shard, so that a try after a killed one goes on from
# there; kill -9 alone leaves a hidden file behind, which is removed.
rule scan:
    input:
        genome=config["genome"],
    output:
        f"{OUT}/shards/{{number}}-of-{SHARDS}.jsonl.gz",
    log:
        f"{OUT}/logs/scan/{{number}}-of-{SHARDS}.log",
    benchmark:
        f"{OUT}/benchmarks/scan/{{number}}-of-{SHARDS}.tsv"
    params:
        options=SCAN,
        shard=lambda wildcards: f"{wildcards.number}/{SHARDS}",
    threads: config["threads"]
    resources:
        mem_mb=megabytes("scan"),
        runtime=minutes("scan"),
    conda:
        "../envs/mirpre.yaml"
    shell:
        "rm -f {OUT}/shards/.{wildcards.number}-of-{SHARDS}.*.tmp;"
        " mirpre scan-genome {input.genome:q} {params.options} --shard {params.shard} --resume"
        " --threads {threads} --output {output:q} 2> {log:q}"


rule merge:
    input:
        expand(rules.scan.output, number=range(1, SHARDS + 1)),
    output:
        tsv=report(
            f"{OUT}/calls.tsv", caption="../report/calls.rst", category="Calls of the scan"
        ),
        gff3=f"{OUT}/calls.gff3",
        summary=f"{OUT}/calls.json",
    log:
        f"{OUT}/logs/merge.log",
    benchmark:
        f"{OUT}/benchmarks/merge.tsv"
    resources:
        mem_mb=megabytes("merge"),
        runtime=minutes("merge"),
    conda:
        "../envs/mirpre.yaml"
    shell:
        "mirpre merge {input:q} --output {output.tsv:q} --also gff3 {output.gff3:q}"
        " --json {output.summary:q} 2> {log:q}"
