# What is said of the calls: miRNA genes, and a page.


rule annotate:
    input:
        calls=rules.merge.output.tsv,
        genome=config["genome"],
    output:
        gff3=f"{OUT}/mirnas.gff3",
        tsv=report(f"{OUT}/mirnas.tsv", caption="../report/mirnas.rst", category="miRNA genes"),
    log:
        f"{OUT}/logs/annotate.log",
    benchmark:
        f"{OUT}/benchmarks/annotate.tsv"
    params:
        options=config["annotate_options"],
    threads: config["threads"]
    resources:
        mem_mb=megabytes("annotate"),
        runtime=minutes("annotate"),
    conda:
        "../envs/mirpre.yaml"
    shell:
        "mirpre annotate {input.calls:q} --genome {input.genome:q} {params.options}"
        " --threads {threads} --output {output.gff3:q} --also tsv {output.tsv:q} 2> {log:q}"


rule page:
    input:
        calls=rules.annotate.output.gff3 if config["annotate"] else rules.merge.output.tsv,
        genome=config["genome"],
    output:
        report(f"{OUT}/report.html", caption="../report/page.rst", category="Page"),
    log:
        f"{OUT}/logs/report.log",
    threads: config["threads"]
    resources:
        mem_mb=megabytes("report"),
        runtime=minutes("report"),
    conda:
        "../envs/mirpre.yaml"
    shell:
        "mirpre report {input.calls:q} --genome {input.genome:q} --threads {threads}"
        " --output {output:q} 2> {log:q}"
