process MIRPRE_CLASSIFY {
    tag "${meta.id}"
    label 'process_medium'

    conda "${moduleDir}/environment.yml"
    container "${workflow.containerEngine in ['singularity', 'apptainer'] && !task.ext.singularity_pull_docker_container
        ? 'https://depot.galaxyproject.org/singularity/mirpre:0.1.0--BUILD'
        : 'quay.io/biocontainers/mirpre:0.1.0--BUILD'}"

    input:
    tuple val(meta), path(hairpins)
    tuple val(meta2), path(genome)
    tuple val(meta3), path(model)

    output:
    tuple val(meta), path("*.tsv"), emit: tsv
    tuple val(meta), path("*.bed"), emit: bed, optional: true
    tuple val(meta), path("*.gff3"), emit: gff3, optional: true
    tuple val(meta), path("*.html"), emit: html, optional: true
    tuple val(meta), path("*_mqc.json"), emit: multiqc
    tuple val("${task.process}"), val('mirpre'), eval("mirpre --version | sed 's/mirpre //'"), emit: versions_mirpre, topic: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    def prefix = task.ext.prefix ?: "${meta.id}"
    def source = genome ? "--bed ${hairpins} --genome ${genome}" : "${hairpins}"
    def network = model ? "--model ${model}" : ''
    """
    mirpre classify \\
        ${args} \\
        ${network} \\
        --threads ${task.cpus} \\
        --multiqc ${prefix}_mqc.json \\
        --output ${prefix}.tsv \\
        ${source}
    """

    stub:
    def prefix = task.ext.prefix ?: "${meta.id}"
    """
    touch ${prefix}.tsv ${prefix}_mqc.json
    """
}
