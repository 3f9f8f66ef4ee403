process MIRPRE_SCANGENOME {
    tag "${meta.id}"
    label 'process_high'

    conda "${moduleDir}/environment.yml"
    container "${workflow.containerEngine in ['singularity', 'apptainer'] && !task.ext.singularity_pull_docker_container
        ? 'https://depot.galaxyproject.org/singularity/mirpre:0.1.0--BUILD'
        : 'quay.io/biocontainers/mirpre:0.1.0--BUILD'}"

    input:
    tuple val(meta), path(genome)
    tuple val(meta2), path(model)

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
    def network = model ? "--model ${model}" : ''
    """
    mirpre scan-genome \\
        ${args} \\
        --classify \\
        ${network} \\
        --threads ${task.cpus} \\
        --multiqc ${prefix}_mqc.json \\
        --output ${prefix}.tsv \\
        ${genome}
    """

    stub:
    def prefix = task.ext.prefix ?: "${meta.id}"
    """
    touch ${prefix}.tsv ${prefix}_mqc.json
    """
}
